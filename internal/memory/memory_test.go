package memory

import (
	"runtime"
	"testing"
	"testing/fstest"
)

const meminfo = "MemTotal:       16000000 kB\nMemFree:         1000000 kB\nMemAvailable:    8000000 kB\n"

func TestTheLeastOfMachineAndGroupsIsLeft(t *testing.T) {
	const mib = 1 << 20
	for _, c := range []struct {
		name  string
		files map[string]string
		want  int64
		known bool
	}{
		{"no system that tells", nil, 0, false},
		{"a machine without groups", map[string]string{"proc/meminfo": meminfo}, 8000000 * 1024, true},
		{"version 2, no limit", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/user.slice\n", "sys/fs/cgroup/user.slice/memory.max": "max\n",
			"sys/fs/cgroup/user.slice/memory.current": "5000\n"}, 8000000 * 1024, true},
		{"version 2, cached files count as free", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1073741824\n", "sys/fs/cgroup/a/b/memory.current": "536870912\n", "sys/fs/cgroup/a/b/memory.stat": "anon 1\ninactive_file 104857600\n"}, (512 + 100) * mib, true},
		{"version 2, a parent has less", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a/b\n",
			"sys/fs/cgroup/a/b/memory.max": "1073741824\n", "sys/fs/cgroup/a/b/memory.current": "0\n", "sys/fs/cgroup/a/memory.max": "314572800\n", "sys/fs/cgroup/a/memory.current": "104857600\n"}, 200 * mib, true},
		{"version 2 in a container that shows the host's path", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/docker/0123\n",
			"sys/fs/cgroup/memory.max": "1073741824\n", "sys/fs/cgroup/memory.current": "1048576\n"}, 1023 * mib, true},
		{"version 1 beside an empty version 2", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "4:cpu,memory:/x\n0::/\n",
			"sys/fs/cgroup/memory/x/memory.limit_in_bytes": "2147483648\n", "sys/fs/cgroup/memory/x/memory.usage_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/x/memory.stat": "inactive_file 1\ntotal_inactive_file 1048576\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n"}, 1025 * mib, true},
		{"a group over its limit", map[string]string{"proc/meminfo": meminfo, "proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "100\n", "sys/fs/cgroup/a/memory.current": "200\n"}, 0, true},
		{"files that make no sense", map[string]string{"proc/meminfo": "MemAvailable: much\n", "proc/self/cgroup": "nonsense\n0::/a\n", "sys/fs/cgroup/a/memory.max": "-\n"}, 0, false},
	} {
		root := fstest.MapFS{}
		for name, text := range c.files {
			root[name] = &fstest.MapFile{Data: []byte(text)}
		}
		got, known := available(root)
		if known != c.known || known && got != c.want {
			t.Errorf("%s: %d, %v; want %d, %v", c.name, got, known, c.want, c.known)
		}
	}
}

func TestThisMachineTells(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	left, ok := Available()
	all, known := Total()
	if !ok || !known || left <= 0 || all <= 0 {
		t.Fatalf("%d bytes left (%v) of %d (%v)", left, ok, all, known)
	}
}
