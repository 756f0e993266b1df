package jpeg

import "fmt"

// advance checks that a progressive scan sends what is missing, in order, and
// notes what is known after it (T.81, G.1.1.1). Since every bit is sent once,
// a file has a bounded number of scans.
func (s *scan) advance() error {
	band := s.from == 0 && s.to == 0 || s.from > 0 && s.from <= s.to && s.to < 64 && len(s.parts) == 1
	if !band || s.low > 13 || s.high != 0 && s.high != s.low+1 {
		return fmt.Errorf("damaged JPEG: a scan of coefficients %d to %d, bits %d to %d, of %d components", s.from, s.to, s.high, s.low, len(s.parts))
	}
	for i := range s.parts {
		known := &s.parts[i].precision
		for k := s.from; k <= s.to; k++ {
			if before := known[k]; (s.high == 0) != (before < 0) || before >= 0 && uint(before) != s.high {
				return fmt.Errorf("damaged JPEG: scans out of order at coefficient %d of component %d", k, s.parts[i].id)
			}
			known[k] = int8(s.low)
		}
	}
	return nil
}

// firstDC reads a DC coefficient without its low bits (T.81, G.1.2.1).
func (r *bitReader) firstDC(q *quad, lane uint8, p *part, low uint) error {
	e, err := r.code(p.dc)
	if err != nil {
		return err
	}
	p.prediction += r.number(e.size())
	q[lane] = int16(p.prediction << low)
	return nil
}

// firstAC reads a band of coefficients without their low bits (G.1.2.2).
func (r *bitReader) firstAC(q *quad, lane uint8, h *huffman, s *scan) error {
	if s.endOfBand > 0 {
		s.endOfBand--
		return nil
	}
	for k := s.from; k <= s.to; k++ {
		e, err := r.code(h)
		if err != nil {
			return err
		}
		run := e.run()
		if e.size() == 0 {
			if run != 15 {
				s.endOfBand = 1<<run + int(r.take(uint(run))) - 1
				return nil
			}
			k += 15
			continue
		}
		if k += run; k > s.to {
			return errLong
		}
		q[unzig[k&127]+lane] = int16(r.number(e.size()) << s.low)
	}
	return nil
}

// refineAC reads one more bit of a band of coefficients (G.1.2.3).
func (r *bitReader) refineAC(q *quad, lane uint8, h *huffman, s *scan) error {
	k := s.from
	for s.endOfBand == 0 && k <= s.to {
		e, err := r.code(h)
		if err != nil {
			return err
		}
		run, value := e.run(), int16(0)
		switch {
		case e.size() > 1:
			return fmt.Errorf("damaged JPEG: a new coefficient of %d bits in a refining scan", e.size())
		case e.size() == 1:
			value = int16(1) << s.low
			if r.take(1) == 0 {
				value = -value
			}
		case run != 15:
			s.endOfBand = 1<<run + int(r.take(uint(run)))
		}
		if s.endOfBand > 0 {
			break
		}
		k = r.refine(q, lane, k, run, s)
		if value != 0 {
			if k > s.to {
				return errLong
			}
			q[unzig[k&127]+lane] = value
		}
		k++
	}
	if s.endOfBand > 0 {
		r.refine(q, lane, k, 64, s)
		s.endOfBand--
	}
	return nil
}

// refine reads a bit of each coefficient that is known already, from k on,
// and stops at the one after so many zeros.
func (r *bitReader) refine(q *quad, lane uint8, k, zeros int, s *scan) int {
	for ; k <= s.to; k++ {
		at := &q[unzig[k&127]+lane]
		if *at == 0 {
			if zeros == 0 {
				return k
			}
			zeros--
			continue
		}
		if r.take(1) != 0 && (*at>>s.low)&1 == 0 {
			if *at > 0 {
				*at += 1 << s.low
			} else {
				*at -= 1 << s.low
			}
		}
	}
	return k
}
