package profile

import "math"

// The functions of package math differ in the last bit between architectures, and compilers may fuse a product with a
// sum. The functions below give the same bits everywhere: they convert each product, which forbids fusing.

// exp returns eˣ with a relative error of about 1e-15.
func exp(x float64) float64 {
	switch {
	case x > 709:
		return math.Inf(1)
	case x < -745:
		return 0
	}
	const ln2high, ln2low = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	k := math.Floor(x/math.Ln2 + 0.5)
	r := x - float64(k*ln2high) - float64(k*ln2low)
	sum := 1.0
	for n := 16.0; n >= 1; n-- {
		sum = 1 + float64(sum*r)/n
	}
	return math.Ldexp(sum, int(k))
}

// log returns the natural logarithm with a relative error of about 1e-15.
func log(x float64) float64 {
	switch {
	case x < 0 || x != x:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x > math.MaxFloat64:
		return x
	}
	fraction, exponent := math.Frexp(x)
	if fraction < math.Sqrt2/2 {
		fraction, exponent = fraction*2, exponent-1
	}
	s := (fraction - 1) / (fraction + 1)
	square := float64(s * s)
	sum := 0.0
	for n := 27.0; n >= 1; n -= 2 {
		sum = 1/n + float64(square*sum)
	}
	return float64(float64(exponent)*math.Ln2) + float64(2*s*sum)
}

// normal returns the quantile of the standard normal distribution at 0 ≤ u ≤ 1 with a relative error of about 1e-9, by
// Acklam's rational approximations.
func normal(u float64) float64 {
	const tail = 0.02425
	switch {
	case u <= 0:
		return math.Inf(-1)
	case u >= 1:
		return math.Inf(1)
	case u > 1-tail:
		return -normal(1 - u)
	case u < tail:
		q := math.Sqrt(-2 * log(u))
		return polynomial(q, -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00, 4.374664141464968e+00, 2.938163982698783e+00) /
			polynomial(q, 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1)
	}
	q := u - 0.5
	r := float64(q * q)
	return q * polynomial(r, -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02, -3.066479806614716e+01, 2.506628277459239e+00) /
		polynomial(r, -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01, -1.328068155288572e+01, 1)
}

// polynomial evaluates a polynomial whose coefficients start with the highest power.
func polynomial(x float64, coefficients ...float64) (sum float64) {
	for _, c := range coefficients {
		sum = float64(sum*x) + c
	}
	return sum
}
