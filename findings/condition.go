package findings

// The operators of conditions.
const (
	opEqual   = "="
	opIn      = "in"
	opAtLeast = ">="
	opAtMost  = "<="
	opRange   = "range"
)

// conditions writes a box as data: one term for each axis that it bounds.
func (s *searcher) conditions(b box) []Condition {
	out := []Condition{}
	for a, allowed := range b {
		if allowed == nil {
			continue
		}
		// Only the values that occur among the asked cells are of interest.
		domain := s.domain[a].indexes()
		var at []int // positions within the domain
		var values []string
		for position, v := range domain {
			if allowed[v] {
				at = append(at, position)
				values = append(values, s.axes[a].Values[v])
			}
		}
		if len(at) == 0 || len(at) == len(domain) {
			continue
		}
		c := Condition{Axis: s.axes[a].Name, Op: opIn, Values: values}
		contiguous := at[len(at)-1]-at[0] == len(at)-1
		switch {
		case len(at) == 1:
			c.Op = opEqual
		case !s.axes[a].Ordered || !contiguous:
		case at[len(at)-1] == len(domain)-1:
			c.Op, c.Values = opAtLeast, values[:1]
		case at[0] == 0:
			c.Op, c.Values = opAtMost, values[len(values)-1:]
		case len(at) > 2:
			c.Op, c.Values = opRange, []string{values[0], values[len(values)-1]}
		}
		out = append(out, c)
	}
	return out
}
