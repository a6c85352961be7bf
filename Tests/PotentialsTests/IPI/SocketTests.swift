import Foundation
import Glibc
import Potentials
import StageKit
import Testing

/// Clients over a real socket that do not keep to the protocol.
@Suite("i-PI over sockets") struct SocketTests {
  /// What a client does once it is connected.
  enum Manner: CaseIterable {
    case silent, leavesAtOnce, garbage, halfAHeader, leavesBehindStatus
  }

  private static func connect(to path: String) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Safety: paths of this test are shorter than the field; the call reads a sockaddr_un of its own size.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
    let result = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
    return descriptor
  }

  private static func send(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    // Safety: the array's own bytes.
    #expect(unsafe bytes.withUnsafeBytes { unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) } > 0)
  }

  private static func hello(_ manner: Manner, path: String) -> Int32? {
    let descriptor = connect(to: path)
    switch manner {
    case .silent: return descriptor
    case .leavesAtOnce: break
    case .garbage:
      send(String(repeating: "GET / HTTP/1.1\r\n", count: 4), to: descriptor)
      return descriptor
    case .halfAHeader:
      send("READY", to: descriptor)
      return descriptor
    case .leavesBehindStatus: send("READY       ", to: descriptor)
    }
    close(descriptor)
    return nil
  }

  @Test("a socket that somebody listens at is not taken over; one that was left behind is")
  func living() throws {
    let path = NSTemporaryDirectory() + "frieze_\(UUID().uuidString.prefix(8))"
    let first = try SocketListener(unixPath: path, patience: 0.2)
    #expect(throws: SocketError.self) { try SocketListener(unixPath: path, patience: 0.2) }
    let client = Self.connect(to: path)
    defer { close(client) }
    #expect(try first.accept(within: 1) != nil)
    // A program that was killed leaves its socket.
    let other = path + "-left"
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // Safety: paths of this test are shorter than the field; the call reads a sockaddr_un of its own size.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(other.utf8)) }
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    close(descriptor)
    _ = try SocketListener(unixPath: other, patience: 0.2)
  }

  @Test("each is one clear failure of one crystal, in time", arguments: Manner.allCases)
  func clients(manner: Manner) throws {
    let path = NSTemporaryDirectory() + "frieze_\(UUID().uuidString.prefix(8))"
    let listener = try SocketListener(unixPath: path, patience: 0.2)
    // Two of a kind: a crystal is tried twice.
    let open = (0..<2).compactMap { _ in Self.hello(manner, path: path) }
    defer { for descriptor in open { close(descriptor) } }
    let potential = IPIPotential(patience: 0.2) { try listener.accept(within: $0).map(ClientStream.init) }
    let start = Date()
    let failure = try potential.evaluate([IPITests.crystal])[0].failure
    #expect(Date().timeIntervalSince(start) < 5)
    guard case .reported(let text) = failure else {
      Issue.record("\(manner): \(String(describing: failure))")
      return
    }
    let expected: [Manner: [String]] = [
      .silent: ["the client said nothing for 0.2 seconds"], .halfAHeader: ["the client said nothing for 0.2 seconds"],
      .leavesAtOnce: ["the client hung up", "the connection to the client broke: Broken pipe"],
      .leavesBehindStatus: ["the client hung up", "the connection to the client broke"],
      .garbage: ["the client answered 'GET"],
    ]
    #expect(expected[manner]?.contains { text.hasPrefix($0) } ?? false, "\(manner): \(text)")
    #expect(throws: IPIError.noClient(seconds: 0.2)) { try potential.evaluate([IPITests.crystal]) }
  }

  @Test("a file that is no socket is left alone") func file() throws {
    let path = NSTemporaryDirectory() + "frieze_\(UUID().uuidString.prefix(8))"
    try Data("work".utf8).write(to: URL(fileURLWithPath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: SocketError.self) { try SocketListener(unixPath: path, patience: 1) }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "work")
  }
}
