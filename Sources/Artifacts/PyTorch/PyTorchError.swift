/// Why a file of PyTorch cannot be read; the words go behind the name of the file.
struct PyTorchError: Error, CustomStringConvertible, Equatable {
  let description: String

  init(_ description: String) { self.description = description }
}
