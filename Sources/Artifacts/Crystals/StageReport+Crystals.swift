public import Crystals
public import StageKit

extension RejectedRecord {
  /// A crystal and why it was not taken.
  public init(id: String, _ rejection: Rejection) {
    self.init(id: id, code: rejection.code, reason: rejection.description)
  }
}

extension StageReport {
  /// A crystal that was taken, with the copies of its sites that were not.
  public mutating func accept(_ crystal: Crystal) { accept(mergedCopies: crystal.mergedCopies) }

  /// A crystal that was not taken.
  public mutating func reject(_ id: String, because reason: Rejection) { reject(RejectedRecord(id: id, reason)) }
}
