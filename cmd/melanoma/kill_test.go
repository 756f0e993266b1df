package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// exitText is the exit status of a failed command.
func exitText(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Sprint(exit.ExitCode())
	}
	return err.Error()
}

// process starts the command in a folder that holds small.yaml.
func process(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(executable, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), asCommand+"=1")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &output
}

var runSmall = []string{"run", "-c", "small.yaml", "--out", "run"}

// workFolder is a fresh folder with small.yaml.
func workFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "small.yaml"), []byte(smallRun), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

// finish runs the command to its end and returns every file of the run.
func finish(t *testing.T, dir string) map[string]string {
	t.Helper()
	cmd, output := process(t, dir, runSmall...)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("run: %v\n%s", err, output)
	}
	return filesOf(t, filepath.Join(dir, "run"))
}

// filesOf reads every file of a run but those that may hold times.
func filesOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || entry.Name() == "run.json" || entry.Name() == "log.jsonl" {
			return err
		}
		text, err := os.ReadFile(path)
		files[strings.TrimPrefix(path, dir)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// compare reports files that differ.
func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	for path, text := range want {
		if other, ok := got[path]; !ok {
			t.Errorf("%s is missing", path)
		} else if other != text {
			t.Errorf("%s differs from that of the unbroken run", path)
		}
	}
	for path := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s is left over", path)
		}
	}
}

// TestKilledRunGoesOnToTheSameBytes kills the process at random moments, as
// often as it takes for a dozen kills, and compares every file with those of
// an unbroken run.
func TestKilledRunGoesOnToTheSameBytes(t *testing.T) {
	const kills = 12
	start := time.Now()
	want := finish(t, workFolder(t))
	whole := time.Since(start)
	moments := rand.New(rand.NewPCG(7, 11))
	for done := 0; done < kills; {
		dir := workFolder(t)
		for done < kills {
			cmd, output := process(t, dir, runSmall...)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			finished := false
			select {
			case err := <-ended:
				if err != nil {
					t.Fatalf("run after %d kills: %v\n%s", done, err, output)
				}
				finished = true
			case <-time.After(time.Duration(moments.Float64() * 0.5 * float64(whole))):
				if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
					t.Fatal(err)
				}
				if finished = <-ended == nil; !finished { // it may have ended at that moment
					done++
				}
			}
			if finished {
				break
			}
		}
		compare(t, finish(t, dir), want)
	}
}

// TestInterruptedRunStopsWithStatus4 sends Ctrl-C during training.
func TestInterruptedRunStopsWithStatus4(t *testing.T) {
	want := finish(t, workFolder(t))
	dir := workFolder(t)
	cmd, output := process(t, dir, append(runSmall, "--set", "train.epochs=400")...)
	checkpoint := filepath.Join(dir, "run", "train", "adam-f0", "checkpoint.arrow")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(checkpoint); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("no checkpoint\n%s", output)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || exitText(err) != "4" {
		t.Fatalf("exit %v, want 4\n%s", err, output)
	}
	for _, text := range []string{"melanoma: stopped in train", "hint: the work so far is kept; run the same command again"} {
		if !strings.Contains(output.String(), text) {
			t.Errorf("no %q in\n%s", text, output)
		}
	}
	// The shorter configuration starts its trainings anew and ends as ever.
	compare(t, finish(t, dir), want)
}

// TestWorkersChangeNothing compares the runs of 1, 2 and 4 workers.
func TestWorkersChangeNothing(t *testing.T) {
	want := finish(t, workFolder(t))
	for _, workers := range []string{"1", "4"} {
		dir := workFolder(t)
		cmd, output := process(t, dir, append(runSmall, "--workers", workers)...)
		if err := cmd.Wait(); err != nil {
			t.Fatalf("run: %v\n%s", err, output)
		}
		compare(t, filesOf(t, filepath.Join(dir, "run")), want)
	}
}

// TestTwoProcessesShareARun starts two at once on one folder.
func TestTwoProcessesShareARun(t *testing.T) {
	want := finish(t, workFolder(t))
	dir := workFolder(t)
	first, firstOutput := process(t, dir, runSmall...)
	second, secondOutput := process(t, dir, runSmall...)
	if err := first.Wait(); err != nil {
		t.Errorf("first: %v\n%s", err, firstOutput)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("second: %v\n%s", err, secondOutput)
	}
	compare(t, filesOf(t, filepath.Join(dir, "run")), want)
}
