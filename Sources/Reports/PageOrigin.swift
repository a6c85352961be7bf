/// What a page was made by: the commands from the first to the one that wrote the page, and the models that they used.
public struct PageOrigin: Sendable, Equatable {
  /// `sample --model mp20.h5 --count 100`, in the order in which they ran.
  public var commands: [String]
  /// Files of models and of potentials' weights, with their SHA-256.
  public var models: [String]

  /// - Parameters:
  ///   - commands: in the order in which they ran.
  ///   - models: names of files with their SHA-256.
  public init(commands: [String] = [], models: [String] = []) {
    self.commands = commands
    self.models = models
  }

  /// For a page; empty where nothing is known.
  var html: String {
    func list(_ name: String, _ items: [String], _ element: String) -> String {
      items.isEmpty
        ? ""
        : "<p class=\"note\"><b>\(name)</b></p>\n<\(element) class=\"origin\">"
          + items.map { "<li><code>\(escaped($0))</code></li>" }.joined() + "</\(element)>"
    }
    return [list("Models", models, "ul"), list("Commands", commands, "ol")].filter { !$0.isEmpty }.joined(separator: "\n")
  }
}
