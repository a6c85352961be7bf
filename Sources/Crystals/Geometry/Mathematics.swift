import Foundation

// Foundation's transcendental functions under names that do not collide with properties of the same name.
func _cosine(_ x: Double) -> Double { cos(x) }
func _arcCosine(_ x: Double) -> Double { acos(x) }
func _exponential(_ x: Double) -> Double { exp(x) }
func _logarithm(_ x: Double) -> Double { log(x) }
func _cubeRoot(_ x: Double) -> Double { cbrt(x) }
