package data

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// HashInputs returns what [Ingest] records as its inputs: the SHA-256 of each
// CSV file ("train_csv", "test_csv") and of the image files that each lists
// ("images", "test_images": of the sorted names, sizes and hashes). It reads
// every file; images that are missing are part of the hash, CSV files that
// cannot be read are errors.
func HashInputs(ctx context.Context, c Config, workers int) (map[string]string, error) {
	rows, hashes, problems, err := c.readRows()
	if err == nil {
		err = badRows(problems)
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.survey(ctx, rows, workers); err != nil {
		return nil, err
	}
	hashImages(rows, hashes)
	return hashes, nil
}

// survey reads every image file once and fills in its size and hash. Files
// that are missing or cannot be read are problems.
func (c Config) survey(ctx context.Context, rows []listed, workers int) ([]Problem, error) {
	reasons := make([]string, len(rows))
	err := each(ctx, len(rows), workers, func(i int) {
		r := &rows[i]
		var err error
		if r.FileBytes, r.FileSHA256, err = hashImage(c.imagePath(r)); err != nil {
			r.FileBytes, r.FileSHA256 = 0, ""
			reasons[i] = plain(err)
			if errors.Is(err, fs.ErrNotExist) {
				reasons[i] = c.missing(r)
			}
		}
	})
	var problems []Problem
	for i, reason := range reasons {
		if reason != "" {
			problems = append(problems, rows[i].fileProblem(reason))
		}
	}
	return problems, err
}

func (c Config) imagePath(r *listed) string {
	return filepath.Join(c.path(r.folder), filepath.FromSlash(r.File))
}

// missing says that a file is not there, and which file of the same name but
// another extension is.
func (c Config) missing(r *listed) string {
	const reason = "no such file"
	for _, extension := range []string{".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG", ""} {
		other := r.ImageName + extension
		if other == r.File {
			continue
		}
		if _, err := os.Stat(filepath.Join(c.path(r.folder), filepath.FromSlash(other))); err == nil {
			return fmt.Sprintf("%s, but there is %s (data.extension is %q)", reason, other, c.Extension)
		}
	}
	return reason
}

func hashImage(path string) (size int64, hash string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, "", err
	}
	if !info.Mode().IsRegular() {
		return 0, "", errors.New("not a regular file")
	}
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return 0, "", err
	}
	return size, hex.EncodeToString(h.Sum(nil)), nil
}

// hashImages adds one hash a list over the names, sizes and contents of its
// image files, whatever the order of the rows.
func hashImages(rows []listed, hashes map[string]string) {
	for _, input := range []string{"images", "test_images"} {
		var lines []string
		for _, r := range rows {
			if r.input == input {
				lines = append(lines, fmt.Sprintf("%s\x00%d\x00%s\n", r.File, r.FileBytes, r.FileSHA256))
			}
		}
		if len(lines) == 0 {
			continue
		}
		slices.Sort(lines)
		h := sha256.New()
		for _, line := range lines {
			io.WriteString(h, line)
		}
		hashes[input] = hex.EncodeToString(h.Sum(nil))
	}
}

// strayWarnings counts the files of each folder of images that no row names.
func (c Config) strayWarnings(rows []listed) []string {
	named := map[string]map[string]bool{}
	for _, r := range rows {
		if named[r.folder] == nil {
			named[r.folder] = map[string]bool{}
		}
		named[r.folder][r.File] = true
	}
	var out []string
	for _, folder := range slices.Compact(slices.Sorted(slices.Values([]string{c.Images, c.TestImages}))) {
		if named[folder] == nil {
			continue
		}
		entries, err := os.ReadDir(c.path(folder))
		if err != nil {
			continue // its files are reported one by one
		}
		stray := 0
		for _, e := range entries {
			if !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !named[folder][e.Name()] {
				stray++
			}
		}
		if stray > 0 {
			out = append(out, fmt.Sprintf("no row names %d file(s) in %s", stray, folder))
		}
	}
	return out
}

// each calls work for 0 to n-1 on several goroutines; 0 workers are one for
// each processor. It returns ctx's error if ctx ended before all were done.
func each(ctx context.Context, n, workers int, work func(i int)) error {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(n, cmp.Or(max(workers, 0), runtime.GOMAXPROCS(0))) {
		group.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				work(i)
			}
		})
	}
	group.Wait()
	return ctx.Err()
}
