extension String {
  /// What stands before the last slash of a path, empty where there is none. Foundation's own stops the process for paths of one
  /// letter.
  package var folderPath: String {
    guard let slash = lastIndex(of: "/") else { return "" }
    return slash == startIndex ? "/" : String(self[..<slash])
  }
}
