package data

import (
	"maps"
	"slices"
	"sync"
)

// pictureCache keeps decoded pictures, up to a number of bytes. What is in it
// stays: an epoch shows every picture about once, each time in another order,
// so that giving one up for another would gain nothing (Mohan et al. 2021,
// arXiv 2007.06775, section 4.1).
type pictureCache struct {
	mu       sync.RWMutex
	opened   int64 // bytes that it was made for
	most     int64 // bytes that it may hold now
	held     int64
	pictures map[int][]uint8 // by row
}

func newPictureCache(bytes int64) *pictureCache {
	return &pictureCache{opened: bytes, most: bytes, pictures: map[int][]uint8{}}
}

// bound lets the cache hold at most so many bytes, never more than it was made
// for, and gives up the last rows of what is above.
func (c *pictureCache) bound(bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.most = min(max(0, bytes), c.opened)
	for _, row := range slices.Backward(slices.Sorted(maps.Keys(c.pictures))) {
		if c.held <= c.most {
			break
		}
		c.held -= int64(len(c.pictures[row]))
		delete(c.pictures, row)
	}
}

func (c *pictureCache) size() int64 {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.held
}

func (c *pictureCache) get(row int) ([]uint8, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	pix, ok := c.pictures[row]
	return pix, ok
}

// put keeps a copy of a picture where there is room for it.
func (c *pictureCache) put(row int, pix []uint8) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.pictures[row]; ok || c.held+int64(len(pix)) > c.most { // two callers may read the same one
		return
	}
	c.held += int64(len(pix))
	c.pictures[row] = slices.Clone(pix)
}
