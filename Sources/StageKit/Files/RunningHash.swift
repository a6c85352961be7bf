import COpenSSL
import Foundation

/// SHA-256, fed piece by piece.
@safe package final class RunningHash {
  // Safety: nobody else has it.
  private let context: OpaquePointer

  package init() throws {
    guard let context = unsafe EVP_MD_CTX_new() else { throw StageError(.unavailable, "libcrypto gives no digest.") }
    unsafe self.context = context
    unsafe EVP_DigestInit_ex(context, EVP_sha256(), nil)
  }

  // Safety: made in init, freed once.
  deinit { unsafe EVP_MD_CTX_free(context) }

  func update(_ bytes: UnsafeRawBufferPointer) {
    // Safety: pointer and count are the buffer's own.
    _ = unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
  }

  package func update(_ text: String) {
    // Safety: the bytes live through the call.
    unsafe Array(text.utf8).withUnsafeBytes { unsafe update($0) }
  }

  /// The digest in hexadecimal; to be asked for once, at the end.
  package func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    // Safety: SHA-256 gives 32 bytes.
    unsafe EVP_DigestFinal_ex(context, &digest, nil)
    return digest.map { String(format: "%02x", $0) }.joined()
  }
}
