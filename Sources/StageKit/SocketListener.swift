import Foundation
import Glibc

/// Why a socket failed, in words for the user.
public struct SocketError: Error, CustomStringConvertible, Sendable {
  /// What failed, in words for the user.
  public let description: String
  init(_ description: String) { self.description = description }
  /// With the system's reason.
  static func system(_ what: String) -> SocketError {
    SocketError("\(what): \(unsafe String(cString: strerror(errno)))")
  }
}

/// A socket that programs connect to: a path of the file system, or a port of this machine.
public final class SocketListener: Sendable {
  private let descriptor: Int32
  private let path: String?
  /// Seconds that a client may take to come, and to answer.
  private let patience: Double

  /// - Parameters:
  ///   - path: of the socket, at most 107 bytes; made here, taken away when the listener goes. A file of that name
  ///     that is no socket is left alone, and that is an error.
  /// - Throws: `SocketError` where it cannot listen there.
  public init(unixPath path: String, patience: Double) throws {
    // Before the properties have their values, or leaving here would take the file away.
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    guard kind == nil || kind == .typeSocket else { throw SocketError("'\(path)' is there already and is no socket") }
    if kind != nil { try Self.refuseLiving(path) }
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    self.path = path
    self.patience = patience
    guard descriptor >= 0 else { throw SocketError.system("no socket") }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw SocketError("the socket's path is longer than 107 bytes: '\(path)'")
    }
    // Safety: the guard above leaves room for the bytes and a zero behind them.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    // Safety: a string lends its bytes to the call; nobody listens there, as was asked.
    if kind != nil { unsafe unlink(path) }
    // Safety: a sockaddr_un of its own size.
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(descriptor, 64) == 0 else { throw SocketError.system("cannot listen at '\(path)'") }
  }

  /// - Parameters:
  ///   - port: on all addresses of this machine where `local` is false, else on 127.0.0.1 alone.
  /// - Throws: `SocketError` where it cannot listen there.
  public init(port: UInt16, local: Bool, patience: Double) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    path = nil
    self.patience = patience
    guard descriptor >= 0 else { throw SocketError.system("no socket") }
    var yes: Int32 = 1
    // Safety: an Int32 and its size.
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = (local ? UInt32(0x7F00_0001) : 0).bigEndian
    // Safety: a sockaddr_in of its own size.
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard bound == 0, listen(descriptor, 64) == 0 else { throw SocketError.system("cannot listen on port \(port)") }
  }

  /// Where somebody answers the socket is somebody's; one that a program has left behind refuses.
  private static func refuseLiving(_ path: String) throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard probe >= 0, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
    defer { Glibc.close(probe) }
    // Safety: the guard above leaves room for the bytes and a zero behind them.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    // Safety: a sockaddr_un of its own size.
    let answer = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard answer != 0, errno == ECONNREFUSED || errno == ENOENT else {
      throw SocketError("another program listens at '\(path)'; give another name")
    }
  }

  deinit {
    close(descriptor)
    // Safety: as above.
    if let path { unsafe unlink(path) }
  }

  /// Waits for the next client; nil where none comes in so many seconds.
  ///
  /// - Throws: `SocketError` where the system lets nobody in any more.
  public func accept(within seconds: Double) throws -> SocketStream? {
    guard try wait(descriptor, for: POLLIN, seconds: seconds) else { return nil }
    let client = Glibc.accept(descriptor, nil, nil)
    guard client >= 0 else { throw SocketError.system("a client could not be accepted") }
    return SocketStream(descriptor: client, patience: patience)
  }
}

/// A connection to one client.
public final class SocketStream: Sendable {
  private let descriptor: Int32
  private let patience: Double

  init(descriptor: Int32, patience: Double) {
    self.descriptor = descriptor
    self.patience = patience
  }

  deinit { Glibc.close(descriptor) }

  /// Exactly `count` bytes.
  ///
  /// - Throws: `SocketError` where the other end is gone or says nothing in time.
  public func read(_ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      guard try wait(descriptor, for: POLLIN, seconds: patience) else {
        throw SocketError("the client said nothing for \(patience) seconds")
      }
      // Safety: at most as many bytes as the slice has are written.
      let n = unsafe bytes[have...].withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if n < 0 && errno == EINTR { continue }
      guard n >= 0 else { throw SocketError.system("the connection to the client broke") }
      guard n > 0 else { throw SocketError("the client hung up") }
      have += n
    }
    return bytes
  }

  /// Writes all bytes.
  ///
  /// - Throws: `SocketError` where the other end is gone or does not take them in time.
  public func write(_ bytes: [UInt8]) throws {
    var done = 0
    while done < bytes.count {
      guard try wait(descriptor, for: POLLOUT, seconds: patience) else {
        throw SocketError("the client took nothing for \(patience) seconds")
      }
      // Safety: the slice's own bytes; a client that is gone gives an error, not a signal.
      let n = unsafe bytes[done...].withUnsafeBytes {
        unsafe send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
      }
      if n < 0 && (errno == EINTR || errno == EAGAIN) { continue }
      guard n > 0 else { throw SocketError.system("the connection to the client broke") }
      done += n
    }
  }

  /// Hangs up; the connection is of no use afterwards.
  public func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }
}

/// Waits until a socket may be read or written.
///
/// - Throws: where a signal has come, which is looked for ten times a second.
private func wait(_ descriptor: Int32, for event: Int32, seconds: Double) throws -> Bool {
  var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
  let end = Date().addingTimeInterval(seconds)
  while true {
    try Interruption.check()
    let left = max(0, end.timeIntervalSinceNow)
    // Safety: one request, as said.
    let ready = unsafe poll(&request, 1, Int32(min(left * 1000, 100).rounded(.up)))
    if ready > 0 { return true }
    guard ready == 0 || errno == EINTR else { return false }
    if left <= 0 { return false }
  }
}
