package data

import (
	"sync"

	"melanoma/augment"
)

// pictureCache keeps the pictures used last, up to a number of bytes.
type pictureCache struct {
	mu      sync.Mutex
	most    int64 // bytes that it was made for
	held    int64
	free    int64 // bytes that it may still take
	entries map[int]*entry
	ring    entry // of the entries: ring.next was used last, ring.previous longest ago
}

type entry struct {
	row            int
	im             augment.Image
	next, previous *entry
}

func newPictureCache(bytes int64) *pictureCache {
	c := &pictureCache{most: bytes, free: bytes, entries: map[int]*entry{}}
	c.ring.next, c.ring.previous = &c.ring, &c.ring
	return c
}

// bound lets the cache hold at most so many bytes, never more than it was made
// for, and gives up what is above.
func (c *pictureCache) bound(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = min(bytes, c.most) - c.held
	c.shrink(0)
}

// shrink gives up pictures, those used longest ago first, until so many bytes
// are free or none is left.
func (c *pictureCache) shrink(need int64) {
	for c.free < need && c.ring.previous != &c.ring {
		oldest := c.ring.previous
		oldest.unlink()
		delete(c.entries, oldest.row)
		c.held -= int64(len(oldest.im.Pix))
		c.free += int64(len(oldest.im.Pix))
	}
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
	c.shrink(need)
	if c.free < need {
		return
	}
	c.held, c.free = c.held+need, c.free-need
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
