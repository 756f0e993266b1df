package exec

import "syscall"

// adviseHugePages asks for large pages under an array that starts on the
// border of one. A system that refuses leaves it as it was.
func adviseHugePages(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
