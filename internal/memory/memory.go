// Package memory tells how much memory this process may still take.
//
// Data in: the system's own account, /proc and the limits of control groups
// (versions 1 and 2). Data out: a number of bytes.
//
// Terms: a control group is how containers and services bound memory; a
// process is under the limits of its group and of all that hold it. Memory
// that caches files counts as free: the system takes it back when asked.
//
// Where the system does not tell, as outside Linux, nothing is known and
// nothing is assumed.
package memory

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"os"
	"path"
	"runtime"
	"strconv"
	"strings"
)

// Available returns the bytes that this process may take on top of what it
// uses: the least that the machine and the control groups have left, and what
// Go's heap holds without using it. ok is false where that is not known.
func Available() (left int64, ok bool) {
	left, ok = available(os.DirFS("/"))
	if !ok {
		return 0, false
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return left + int64(m.HeapIdle-m.HeapReleased), true
}

// Total returns the memory of the machine, or of the smallest control group
// that the process is in; ok is false where that is not known.
func Total() (all int64, ok bool) {
	root := os.DirFS("/")
	all = field(root, "proc/meminfo", "MemTotal:") * 1024
	if all <= 0 {
		return 0, false
	}
	for _, g := range groups(root) {
		all = min(all, g.limit)
	}
	return all, true
}

// available is Available before Go's heap, on any root folder.
func available(root fs.FS) (left int64, ok bool) {
	left = math.MaxInt64
	if kib := field(root, "proc/meminfo", "MemAvailable:"); kib >= 0 {
		left = kib * 1024
	}
	for _, g := range groups(root) {
		left = min(left, max(0, g.limit-g.used))
	}
	return left, left < math.MaxInt64
}

// group is the account of a control group with a limit.
type group struct{ limit, used int64 }

// groups returns the accounts of the process's control groups, the innermost
// first.
func groups(root fs.FS) []group {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return nil
	}
	var out []group
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		parts := strings.SplitN(lines.Text(), ":", 3) // number, controllers, path
		if len(parts) != 3 {
			continue
		}
		switch {
		case parts[1] == "":
			out = append(out, version2.accounts(root, parts[2])...)
		case strings.Contains(","+parts[1]+",", ",memory,"):
			out = append(out, version1.accounts(root, parts[2])...)
		}
	}
	return out
}

// hierarchy names the files of one version of control groups.
type hierarchy struct{ mount, limit, used, cached string }

var (
	version1 = hierarchy{"sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	version2 = hierarchy{"sys/fs/cgroup", "memory.max", "memory.current", "inactive_file"}
)

// accounts reads a group and all that hold it. Inside a container the path may
// be that of the host, of which only the mount itself is to be seen.
func (h hierarchy) accounts(root fs.FS, name string) []group {
	var out []group
	for dir := path.Join(h.mount, path.Join("/", name)); ; dir = path.Dir(dir) {
		limit, used := number(root, path.Join(dir, h.limit)), number(root, path.Join(dir, h.used))
		if limit >= 0 && limit < unlimited && used >= 0 {
			cached := max(0, field(root, path.Join(dir, "memory.stat"), h.cached))
			out = append(out, group{limit, used - cached})
		}
		if len(dir) <= len(h.mount) {
			return out
		}
	}
}

// unlimited is what version 1 says, or more, where there is no limit.
const unlimited = 1 << 60

// number reads a file that holds one; -1 if there is none.
func number(root fs.FS, name string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// field reads the number after a word at the start of a line; -1 if there is
// none.
func field(root fs.FS, name, word string) int64 {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != word {
			continue
		}
		if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
			return n
		}
	}
	return -1
}
