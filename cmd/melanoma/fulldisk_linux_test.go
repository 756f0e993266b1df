package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDiskIsAClearErrorAndResumes runs on a file system of a megabyte and
// then gives it more. Mounting one needs root; elsewhere the test is skipped.
func TestFullDiskIsAClearErrorAndResumes(t *testing.T) {
	want := finish(t, workFolder(t))
	dir := workFolder(t)
	disk := filepath.Join(dir, "run")
	if err := os.Mkdir(disk, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	cmd, output := process(t, dir, runSmall...)
	if err := cmd.Wait(); err == nil || exitText(err) != "1" {
		t.Fatalf("exit %v, want 1\n%s", err, output)
	}
	if !strings.Contains(output.String(), "no space left on device") || !strings.Contains(output.String(), "hint: free some space") {
		t.Errorf("output\n%s", output)
	}
	for path := range filesOf(t, disk) {
		if strings.HasSuffix(path, ".tmp") {
			t.Errorf("half-written file %s", path)
		}
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=100m"); err != nil {
		t.Fatal(err)
	}
	compare(t, finish(t, dir), want)
}
