package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"melanoma/augment"
	"melanoma/internal/fault"
)

// Image returns the picture of row i, Size x Size. It may be shared with the
// cache and with other callers: do not change it.
func (s *Store) Image(i int) (augment.Image, error) {
	pix, err := s.read(context.Background(), new(rowMemory), i)
	return augment.Image{Pix: pix, Width: s.size, Height: s.size}, err
}

// rowMemory is what reading a row takes, used again for the next one.
type rowMemory struct {
	content, pixels []byte
	decoding        decoding
}

// read returns the pixels [Size,Size,3] of row i: in the cache, where they
// must not be changed, or in m, where they stand until its next use.
func (s *Store) read(ctx context.Context, m *rowMemory, i int) ([]uint8, error) {
	p := s.places[i]
	var err error
	if !s.encoded {
		m.pixels, err = s.shards[p.shard].ReadPlace(m.pixels, p.at)
		return m.pixels, s.named(i, err)
	}
	if pix, ok := s.cache.get(i); ok {
		return pix, nil
	}
	if m.content, err = s.shards[p.shard].ReadPlace(m.content, p.at); err != nil {
		return nil, s.named(i, err)
	}
	decoded, err := s.decoder.decode(ctx, &m.decoding, m.pixels, m.content)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.New(fault.Input, "run the stage ingest again", "data: image %s: %w", s.rows[i].ImageName, err)
	}
	m.pixels = decoded.Image.Pix
	s.cache.put(i, m.pixels)
	return m.pixels, nil
}

// CheckFiles reads every image file that the store holds and compares it with
// its row's hash. A store of pixels holds none.
func (s *Store) CheckFiles(ctx context.Context) error {
	var memory rowMemory
	for i, p := range s.places {
		if !s.encoded || ctx.Err() != nil {
			break
		}
		var err error
		if memory.content, err = s.shards[p.shard].ReadPlace(memory.content, p.at); err != nil {
			return s.named(i, err)
		}
		if hash := sha256.Sum256(memory.content); hex.EncodeToString(hash[:]) != s.rows[i].FileSHA256 {
			return fault.New(fault.Input, "run the stage ingest again", "data: image %s: the stored file is not the one that was ingested", s.rows[i].ImageName)
		}
	}
	return ctx.Err()
}

// named adds the image to an error.
func (s *Store) named(i int, err error) error {
	if err != nil {
		return fmt.Errorf("data: image %s: %w", s.rows[i].ImageName, err)
	}
	return nil
}
