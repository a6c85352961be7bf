import Foundation

// Foundation's functions under names that do not collide with properties of the same name.
func arcCosine(_ x: Double) -> Double { acos(x) }
