package data

import (
	"sync"

	"melanoma/augment"
)

// pictureCache keeps the pictures used last, up to a number of bytes.
type pictureCache struct {
	mu      sync.Mutex
	free    int64
	entries map[int]*entry
	ring    entry // of the entries: ring.next was used last, ring.previous longest ago
}

type entry struct {
	row            int
	im             augment.Image
	next, previous *entry
}

func newPictureCache(bytes int64) *pictureCache {
	c := &pictureCache{free: bytes, entries: map[int]*entry{}}
	c.ring.next, c.ring.previous = &c.ring, &c.ring
	return c
}

// room is how many bytes the cache may still take for pictures of so many
// bytes in all.
func (c *pictureCache) room(all int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := int64(0)
	for e := c.ring.next; e != &c.ring; e = e.next {
		held += int64(len(e.im.Pix))
	}
	return min(c.free, all-held)
}

func (c *pictureCache) get(row int) (augment.Image, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[row]
	if !ok {
		return augment.Image{}, false
	}
	e.unlink()
	c.link(e)
	return e.im, true
}

func (c *pictureCache) put(row int, im augment.Image) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.entries[row]; ok {
		return // two callers read the same picture
	}
	need := int64(len(im.Pix))
	for c.free < need && c.ring.previous != &c.ring {
		oldest := c.ring.previous
		oldest.unlink()
		delete(c.entries, oldest.row)
		c.free += int64(len(oldest.im.Pix))
	}
	if c.free < need {
		return
	}
	c.free -= need
	e := &entry{row: row, im: im}
	c.entries[row] = e
	c.link(e)
}

func (c *pictureCache) link(e *entry) {
	e.next, e.previous = c.ring.next, &c.ring
	e.next.previous, c.ring.next = e, e
}

func (e *entry) unlink() {
	e.next.previous, e.previous.next = e.previous, e.next
}
