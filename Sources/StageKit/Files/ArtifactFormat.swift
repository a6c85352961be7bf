extension Artifact {
  /// A format of files: what its root attributes say, and how its shards go together.
  public struct Format: Sendable, Equatable {
    /// How shards of a file are cut.
    public enum Cut: Sendable {
      /// There are none.
      case none
      /// By the input's records: every one gives a record or is rejected.
      case records
      /// By the input's files, which may give any number of records.
      case files
    }

    /// The root attribute `format`.
    public let name: String
    /// The stage that makes such a file.
    public let stage: String
    /// The root attribute `format_version`; a reader refuses another.
    public let version: Int64
    /// Tables that the numbers in a file are places in: a root attribute each, with the version; a reader refuses another.
    let tables: [Table]
    /// A dataset by which a file of another program, which names no format, is taken for one of this.
    let foreignDataset: String?
    let cut: Cut
    /// Whether what is rejected counts among the records of a shard.
    let countsRejected: Bool
    /// A group that a shard may lack, and then the whole does.
    let optionalGroup: String?
    /// A group that the whole has of its own: it is no sum of the shards'.
    let wholeGroup: String?

    /// A table by the root attribute that says its version.
    public struct Table: Sendable, Equatable {
      let name: String
      let version: Int64

      /// - Parameter name: the root attribute that says the version.
      public init(_ name: String, version: Int64) { (self.name, self.version) = (name, version) }
    }

    /// - Parameters:
    ///   - name: the root attribute `format`.
    ///   - stage: the stage that makes such a file.
    ///   - tables: whose places stand in the file.
    ///   - foreignDataset: by which a file without `format` is taken for one of this.
    ///   - cut: how shards are cut.
    ///   - countsRejected: whether what is rejected counts among the records of a shard.
    ///   - optionalGroup: a group that shards may lack.
    ///   - wholeGroup: a group that is made anew for the whole.
    public init(
      _ name: String, stage: String, version: Int64 = 1, tables: [Table] = [], foreignDataset: String? = nil,
      cut: Cut = .none, countsRejected: Bool = false, optionalGroup: String? = nil, wholeGroup: String? = nil
    ) {
      (self.name, self.stage, self.version, self.tables) = (name, stage, version, tables)
      (self.foreignDataset, self.cut, self.countsRejected) = (foreignDataset, cut, countsRejected)
      (self.optionalGroup, self.wholeGroup) = (optionalGroup, wholeGroup)
    }

    /// Whether a dataset is in a group that shards may lack.
    func mayLack(_ dataset: String) -> Bool { optionalGroup.map { dataset.hasPrefix($0 + "/") } ?? false }

    /// Whether a dataset is made anew for the whole.
    func makesAnew(_ dataset: String) -> Bool { wholeGroup.map { dataset.hasPrefix($0 + "/") } ?? false }
  }
}
