package safetensors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// metadataName is the header's entry that is no tensor.
const metadataName = "__metadata__"

// maxDims bounds the dimensions of a tensor; torch has no more.
const maxDims = 64

// entry is a tensor as the header describes it.
type entry struct {
	name       string
	dtype      Dtype
	shape      []int
	begin, end uint64
}

// headerReader reads the header token by token: duplicate names, which a map
// would hide, are seen, and nothing that is nested is followed.
type headerReader struct {
	*json.Decoder
}

// parseHeader reads the JSON object and the spaces after it.
func parseHeader(header []byte) ([]entry, map[string]string, error) {
	r := headerReader{json.NewDecoder(bytes.NewReader(header))}
	r.UseNumber()
	var entries []entry
	metadata := map[string]string{}
	seen := map[string]bool{}
	err := r.object(func(name string) error {
		if seen[name] {
			return fmt.Errorf("the name %q is there twice", name)
		}
		seen[name] = true
		if name == metadataName {
			return r.texts(metadata)
		}
		e := entry{name: name}
		if err := r.entry(&e); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if rest := header[r.InputOffset():]; len(bytes.TrimRight(rest, " ")) > 0 {
		return nil, nil, errors.New("it goes on after its end")
	}
	return entries, metadata, nil
}

// expect reads one delimiter.
func (r headerReader) expect(want json.Delim) error {
	token, err := r.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%v where %v belongs", token, want)
	}
	return nil
}

// object reads an object; member reads the value of each name.
func (r headerReader) object(member func(name string) error) error {
	if err := r.expect('{'); err != nil {
		return err
	}
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("%v where a name belongs", token)
		}
		if err := member(name); err != nil {
			return err
		}
	}
	return r.expect('}')
}

func (r headerReader) text() (string, error) {
	token, err := r.Token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%v where a text belongs", token)
	}
	return s, nil
}

func (r headerReader) texts(into map[string]string) error {
	return r.object(func(key string) error {
		if _, twice := into[key]; twice {
			return fmt.Errorf("the key %q of %s is there twice", key, metadataName)
		}
		value, err := r.text()
		if err != nil {
			return fmt.Errorf("key %q of %s: %w", key, metadataName, err)
		}
		into[key] = value
		return nil
	})
}

// entry reads a tensor's object, which has exactly its three members.
func (r headerReader) entry(e *entry) error {
	seen := map[string]bool{}
	err := r.object(func(member string) error {
		if seen[member] {
			return fmt.Errorf("%s is there twice", member)
		}
		seen[member] = true
		switch member {
		case "dtype":
			text, err := r.text()
			e.dtype = Dtype(text)
			return err
		case "shape":
			dims, err := r.counts(maxDims)
			e.shape = make([]int, len(dims))
			for i, d := range dims {
				if d > math.MaxInt {
					return fmt.Errorf("dimension %d", d)
				}
				e.shape[i] = int(d)
			}
			return err
		case "data_offsets":
			v, err := r.counts(2)
			if err == nil && len(v) != 2 {
				return fmt.Errorf("%d data_offsets, not 2", len(v))
			}
			if err == nil {
				e.begin, e.end = v[0], v[1]
			}
			return err
		}
		return fmt.Errorf("unknown member %q", member)
	})
	if err == nil && len(seen) != 3 {
		return errors.New("dtype, shape and data_offsets are not all there")
	}
	return err
}

// counts reads an array of at most the given number of integers from 0.
func (r headerReader) counts(most int) ([]uint64, error) {
	if err := r.expect('['); err != nil {
		return nil, err
	}
	var out []uint64
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return nil, err
		}
		number, _ := token.(json.Number)
		v, err := strconv.ParseUint(number.String(), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%v where a whole number belongs", token)
		}
		if out = append(out, v); len(out) > most {
			return nil, fmt.Errorf("more than %d numbers in a list", most)
		}
	}
	return out, r.expect(']')
}
