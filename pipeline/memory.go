package pipeline

import "fmt"

// PeakMemoryKiB is the largest resident size of this process so far, 0 where
// the system does not tell.
func PeakMemoryKiB() int {
	var kib int
	if _, err := fmt.Sscanf(procField("/proc/self/status", "VmHWM"), "%d kB", &kib); err != nil {
		return 0
	}
	return kib
}
