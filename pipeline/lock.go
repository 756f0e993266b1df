package pipeline

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"melanoma/internal/artifact"
)

// taskLock keeps two processes on one folder from doing the same task. Its
// file, DIR/.state/<task>, holds the key of the last attempt, so that the
// next one knows whether a half-done folder is its own.
type taskLock struct {
	path string
	file *os.File
}

// tryLock returns nil if another process holds the task.
func (r *Run) tryLock(task string) (*taskLock, error) {
	if err := os.MkdirAll(r.path(".state"), 0o777); err != nil {
		return nil, unwritable(err, r.Dir)
	}
	path := r.path(".state", task)
	file, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, unwritable(err, r.Dir)
	}
	ok, err := tryFlock(file)
	if err != nil || !ok {
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("pipeline: lock %s: %w", path, err)
		}
		return nil, nil
	}
	return &taskLock{path: path, file: file}, nil
}

// lock waits for the task, saying so once.
func (r *Run) lock(ctx context.Context, task string) (*taskLock, error) {
	for told := false; ; told = true {
		l, err := r.tryLock(task)
		if l != nil || err != nil {
			return l, err
		}
		if !told {
			r.say("%s: another process is at it, waiting", task)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// attempt returns the key of the last attempt, "" if there was none.
func (l *taskLock) attempt() string {
	key, err := os.ReadFile(l.path)
	if err != nil {
		return ""
	}
	return string(key)
}

func (l *taskLock) setAttempt(key string) error {
	return artifact.WriteFile(l.path, func(w io.Writer) error {
		_, err := io.WriteString(w, key)
		return err
	})
}

// release gives the task back; its file stays, for removing it would race
// with a process that has it open.
func (l *taskLock) release() { l.file.Close() }
