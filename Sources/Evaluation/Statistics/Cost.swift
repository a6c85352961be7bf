/// What a run has cost, as far as its files tell.
public struct Cost: Sendable {
  /// Wall time of the run's stages.
  public var stages: [StageTime]
  /// Numbers that training has set; nil where there is no model.
  public var parameters: Int?
  /// Calls of the network a sample.
  public var networkCalls: Int?
  /// Steps of the sampler.
  public var steps: Int?

  /// - Parameters:
  ///   - parameters: numbers that training has set.
  ///   - networkCalls: a sample.
  public init(stages: [StageTime] = [], parameters: Int? = nil, networkCalls: Int? = nil) {
    self.stages = stages
    self.parameters = parameters
    self.networkCalls = networkCalls
  }
}

/// Wall time of a stage, and the machine that took it.
public struct StageTime: Codable, Sendable, Equatable {
  /// Name of the stage.
  public var stage: String
  /// Wall seconds.
  public var seconds: Double
  /// Model of the processor; nil in files that do not tell.
  public var processor: String?
  /// Threads that it was given; nil in files that do not tell.
  public var threads: Int?
  /// Largest resident memory in MB (1e6 bytes).
  public var peakMemory: Double?

  /// - Parameters:
  ///   - processor: its model.
  ///   - peakMemory: in MB (1e6 bytes).
  public init(
    stage: String, seconds: Double, processor: String? = nil, threads: Int? = nil, peakMemory: Double? = nil
  ) {
    self.stage = stage
    self.seconds = seconds
    self.processor = processor
    self.threads = threads
    self.peakMemory = peakMemory
  }
}

extension FigureBuilder {
  /// Seconds of generation alone, as papers give them, and of the whole line.
  func costFigures() -> [Figure] {
    let cost = input.cost
    let stages = cost.stages.filter(\.seconds.isFinite)
    var figures: [Figure] = []
    if !stages.isEmpty {
      func seconds(_ passes: (String) -> Bool) -> Double {
        stages.filter { passes($0.stage) }.reduce(0) { $0 + $1.seconds }
      }
      // Training happens once, whatever the number of samples.
      let line = seconds { $0 != "train" && $0 != "preprocess" }
      figures += perCrystal("generation alone", "_generation", seconds { $0 == "sample" })
      figures += perCrystal("sampling to judging", "", line)
      let kept = funnel.last?.kept ?? 0
      figures.append(
        number(
          "seconds_per_kept", "sampling to judging, a crystal kept", .cost, kept > 0 ? line / Double(kept) : nil, unit: "s",
          better: false))
      figures.append(
        number(
          "peak_memory", "peak memory of any stage", .cost, stages.compactMap(\.peakMemory).max(), unit: "MB", better: false))
    }
    if let parameters = cost.parameters {
      figures.append(number("parameters", "parameters of the model", .cost, Double(parameters)))
    }
    if let steps = cost.steps { figures.append(number("sampling_steps", "steps of the sampler", .cost, Double(steps))) }
    if let calls = cost.networkCalls {
      figures.append(number("network_calls", "network calls a sample", .cost, Double(calls)))
    }
    return figures.filter { $0.value != nil || $0.name == "seconds_per_kept" }
  }

  /// Seconds a sample, a stable crystal and an S.U.N. crystal.
  private func perCrystal(_ label: String, _ suffix: String, _ seconds: Double) -> [Figure] {
    guard seconds > 0 else { return [] }
    var shares: [(String, String, Int)] = [("sample", "a sample", input.sampled)]
    if results.hasEnergies {
      for limit in ["0.0", "0.1"] {
        let stable = (0..<results.count).filter { results.isStable($0, within: Double(limit) ?? 0) }
        shares.append(("stable_\(limit)", "a crystal stable at \(limit)", stable.count))
        shares.append(("sun_\(limit)", "an S.U.N. crystal at \(limit)", stable.count(where: results.isUniqueAndNovel)))
      }
    }
    return shares.map { name, words, count in
      number(
        "seconds_per_\(name)\(suffix)", "\(label), \(words)", .cost, count > 0 ? seconds / Double(count) : nil, unit: "s",
        better: false)
    }
  }
}
