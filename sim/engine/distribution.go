package engine

//go:generate go run ./tablegen

import (
	"fmt"
	"math/bits"
)

// Distribution says how a quantity varies: nanoseconds, bytes, anything that is
// not negative. It is computed by tables and integers alone, so that it draws the
// same on every machine, to two parts in 10⁴ of the true distribution. Make
// one with [Constant], [Uniform], [Exponential], [Normal], [LogNormal] or [Pareto];
// the zero value always draws 0.
type Distribution struct {
	shape shape
	a, b  int64
}

type shape uint8

const (
	constant shape = iota
	uniform
	exponential
	normal
	logNormal
	pareto
)

// Constant always draws v.
func Constant(v int64) Distribution { return Distribution{constant, v, 0} }

// Uniform draws from least to most, both included.
func Uniform(least, most int64) Distribution {
	if most < least {
		panic(fmt.Sprintf("engine: a uniform distribution from %d to %d", least, most))
	}
	return Distribution{uniform, least, most}
}

// Exponential draws with the mean given.
func Exponential(mean int64) Distribution { return Distribution{exponential, mean, 0} }

// Normal draws with the mean and standard deviation given, and 0 for what would be negative.
func Normal(mean, deviation int64) Distribution { return Distribution{normal, mean, deviation} }

// LogNormal draws median × e^(σz), z being normal; σ is given in thousandths.
func LogNormal(median, sigmaMilli int64) Distribution {
	return Distribution{logNormal, median, sigmaMilli}
}

// Pareto draws least × u^(-1/α), u being uniform; the shape α is given in
// thousandths. SimBlock spreads its latencies so, with α = 5.
func Pareto(least, alphaMilli int64) Distribution {
	if alphaMilli <= 0 {
		panic(fmt.Sprintf("engine: a Pareto distribution of shape %d/1000", alphaMilli))
	}
	return Distribution{pareto, least, alphaMilli}
}

// Least returns the least value that can be drawn.
func (d Distribution) Least() int64 {
	switch d.shape {
	case constant, uniform, pareto:
		return max(d.a, 0)
	default:
		return 0
	}
}

// Draw returns a value: one draw from the stream, none for a constant.
func (d Distribution) Draw(s *Stream) int64 {
	switch d.shape {
	case uniform:
		return d.a + int64(s.Below(uint64(d.b-d.a)+1))
	case exponential:
		return scale(d.a, scale(minusLog2(s.Uint64()), ln2))
	case normal:
		return max(0, d.a+signedScale(d.b, gauss(s.Uint64())))
	case logNormal:
		return power2(d.a, signedScale(log2e, gauss(s.Uint64())*d.b/1000))
	case pareto:
		return power2(d.a, minusLog2(s.Uint64())*1000/d.b)
	default:
		return d.a
	}
}

// Fixed point: 2^32 is one.
const (
	one   = 1 << 32
	ln2   = 2977044472 // ln 2 in units of 2^-32
	log2e = 6196328019 // log2 e, likewise
)

// scale returns v × f, f being fixed point; the largest value if that is too much.
func scale(v, f int64) int64 {
	hi, lo := bits.Mul64(uint64(v), uint64(f))
	if hi >= 1<<31 {
		return int64(Never)
	}
	return int64(hi<<32 | lo>>32)
}

// signedScale is scale with f of either sign.
func signedScale(v, f int64) int64 {
	if f < 0 {
		return -scale(v, -f)
	}
	return scale(v, f)
}

// minusLog2 returns -log2 of a uniform draw between 0 and 1.
func minusLog2(u uint64) int64 {
	zeros, index, rest := split(u)
	return int64(zeros+1)*one - between(logTable[index], logTable[index+1], rest)
}

// gauss returns a standard normal draw.
func gauss(u uint64) int64 {
	zeros, index, rest := split(u << 1)
	row := &normalTable[min(zeros, tableHalves-1)]
	z := between(row[index], row[index+1], rest)
	if u>>63 == 1 {
		return -z
	}
	return z
}

// power2 returns v × 2^f, f being fixed point of either sign; the largest value
// if that is too much.
func power2(v, f int64) int64 {
	whole, part := f>>32, uint64(f)&(one-1)
	index := part * tableSteps >> 32
	mantissa := between(powerTable[index], powerTable[index+1], part*tableSteps&(one-1))
	v = scale(v, mantissa)
	switch {
	case whole < 0:
		return v >> min(-whole, 63)
	case whole >= 63 || v > int64(Never)>>whole:
		return int64(Never)
	default:
		return v << whole
	}
}

// split takes a draw apart: its leading zeros, the step after its first one bit,
// and how far it is between that step and the next.
func split(u uint64) (zeros int, index, rest uint64) {
	u |= 1
	zeros = bits.LeadingZeros64(u)
	u <<= zeros + 1
	return zeros, u >> (64 - 5), u << 5 >> 32
}

// between interpolates.
func between(a, b int64, rest uint64) int64 { return a + signedScale(int64(rest), b-a) }
