package picture

// A skyline knows how far down each vertical strip of the drawing is taken, so that no label covers another.
type skyline []float64

const strip = 2 // width of a strip, in pixels

func newSkyline(width float64) skyline { return make(skyline, int(width)/strip+2) }

func (s skyline) span(x0, x1 float64) (int, int) {
	if x1 < x0 {
		x0, x1 = x1, x0
	}
	last := len(s) - 1
	return min(max(int(x0)/strip, 0), last), min(max(int(x1)/strip, 0), last)
}

// bottom is the first free line below all that is there between x0 and x1.
func (s skyline) bottom(x0, x1 float64) float64 {
	i, k := s.span(x0, x1)
	y := s[i]
	for ; i <= k; i++ {
		y = max(y, s[i])
	}
	return y
}

// take says that everything between x0 and x1 is taken down to y.
func (s skyline) take(x0, x1, y float64) {
	for i, k := s.span(x0, x1); i <= k; i++ {
		s[i] = max(s[i], y)
	}
}
