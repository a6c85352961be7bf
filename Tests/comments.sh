#!/bin/bash
# Every public declaration of Sources has a doc comment, and that of a function that throws says when (`- Throws:`). Run by `make lint`.
set -euo pipefail
cd "$(dirname "$0")/.."
find Sources -name '*.swift' | sort | xargs awk '
  function balance(text) { return gsub(/\(/, "(", text) - gsub(/\)/, ")", text) }
  function check(head) {
    if (comment == "" && !isWitness(head)) { print "comments: " place ": no doc comment"; bad = 1 }
    # What the parameters throw is not what the function throws.
    while (gsub(/\([^()]*\)/, "", head)) {}
    if (head ~ /(func|init|subscript)/ && head ~ / throws/ && comment != "" && comment !~ /- Throws:/) {
      print "comments: " place ": does not say when it throws"; bad = 1
    }
  }
  # What a protocol says of its requirements holds for those who meet them.
  function isWitness(head) { return head ~ /func (shape|forward|backward|makeKept)\(/ && FILENAME ~ /Layers\// }
  FNR == 1 { comment = ""; head = ""; attribute = 0 }
  head != "" { head = head " " $0; if (balance(head) <= 0) { check(head); head = ""; comment = "" } next }
  attribute > 0 { attribute += balance($0); next }
  /^ *\/\/\// { comment = comment $0; next }
  /^ *(@[A-Za-z]+(\([^)]*\))? +)*public +/ && !/^public import/ {
    place = FILENAME ":" FNR
    if (balance($0) > 0) { head = $0; next }
    check($0); comment = ""; next
  }
  /^ *@[A-Za-z]+/ { attribute = balance($0); next }
  { comment = "" }
  END { exit bad }' >&2
