package train

import (
	"context"
	"slices"
	"strings"
	"testing"

	"melanoma/data"
	"melanoma/internal/fault"
)

// chosen returns what a training does with so much memory left.
func chosen(t *testing.T, task Task, left int64) (k int, again bool, remarks []Remark, err error) {
	t.Helper()
	task.Memory = leaves(task.Store, left)
	tr, err := newTrainer(&task)
	if err != nil {
		return 0, false, nil, err
	}
	defer tr.close()
	m := tr.machines[tr.loader.Batch]
	if takes := tr.besides(2) + int64(m.ArenaBytes()); takes > left {
		t.Errorf("%d micro-batches, recomputing %v: takes %d bytes of %d", task.Config.Accumulate, task.Config.GradientCheckpointing, takes, left)
	}
	return task.Config.Accumulate, task.Config.GradientCheckpointing, tr.remarks, nil
}

// leaves is a machine with so much memory, less the pictures in the cache.
func leaves(s *data.Store, bytes int64) func() (int64, bool) {
	return func() (int64, bool) { return bytes - s.CacheHeld(), true }
}

func largeTask(t *testing.T, s *data.Store) Task {
	task := smallTask(t, s, "adam")
	task.Config.Batch = 24
	return task
}

// TestMicroBatchesShrinkWithTheMemory lowers what is left step by step. First
// the backward pass computes activations again, which changes no result; then
// the micro-batches get smaller; in the end the training is refused.
func TestMicroBatchesShrinkWithTheMemory(t *testing.T) {
	s := smallStore(t, 40, 96)
	type choice struct {
		k     int
		again bool
	}
	var seen []choice
	var last error
	for left := int64(160 << 20); left > 1<<20; left -= left / 16 {
		k, again, remarks, err := chosen(t, largeTask(t, s), left)
		if last = err; err != nil {
			break
		}
		c := choice{k, again}
		if len(seen) == 0 || seen[len(seen)-1] != c {
			seen = append(seen, c)
			t.Logf("%d MB: %+v", left>>20, c)
		}
		results := slices.ContainsFunc(remarks, func(r Remark) bool { return r.Results && strings.Contains(r.Text, "micro-batches of") })
		if results != (k > 1) || again != slices.ContainsFunc(remarks, func(r Remark) bool { return !r.Results && strings.Contains(r.Text, "gradient_checkpointing") }) {
			t.Errorf("%+v: remarks %v", c, remarks)
		}
	}
	if len(seen) < 4 || seen[0] != (choice{1, false}) || seen[1] != (choice{1, true}) {
		t.Errorf("choices %v", seen)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i].k < seen[i-1].k || 24%seen[i].k != 0 {
			t.Errorf("%+v after %+v", seen[i], seen[i-1])
		}
	}
	if fault.KindOf(last) != fault.Program || !strings.Contains(last.Error(), "even one image") || fault.HintOf(last) == "" {
		t.Errorf("the last is %v", last)
	}
}

// forFour is an amount of memory at which largeTask takes 4 micro-batches.
var forFour int64

// shortMemory finds it, once.
func shortMemory(t *testing.T, task Task) func() (int64, bool) {
	t.Helper()
	for left := int64(97 << 20); forFour == 0; left -= 2 << 20 {
		k, _, _, err := chosen(t, task, left)
		if err != nil {
			t.Fatalf("no amount of memory gives 4 micro-batches: %v", err)
		}
		if k == 4 {
			forFour = left
		}
	}
	return leaves(task.Store, forFour)
}

// TestShortMemoryTrainsAsMicroBatchesOfThatSizeDo: the weights are those of
// the configuration that asks for as many, and a resume keeps the number
// wherever it goes on.
func TestShortMemoryTrainsAsMicroBatchesOfThatSizeDo(t *testing.T) {
	s := smallStore(t, 40, 96)
	plenty := func() (int64, bool) { return 1 << 40, true }
	short := shortMemory(t, largeTask(t, s))
	asked, found, moved := largeTask(t, s), largeTask(t, s), largeTask(t, s)
	asked.Config.Accumulate, asked.Memory = 4, plenty
	found.Memory, moved.Memory = short, short
	want := trained(t, asked)
	got := trained(t, found)
	ctx, cancel := context.WithCancel(context.Background())
	moved.Progress = func(p Progress) {
		if p.Step == 2 {
			cancel()
		}
	}
	if err := Fit(ctx, moved); fault.KindOf(err) != fault.Stopped {
		t.Fatal(err)
	}
	moved.Memory = plenty
	remarks := 0
	moved.Remark = func(r Remark) {
		if r.Results {
			remarks++
		}
	}
	elsewhere := trained(t, moved)
	if remarks != 1 {
		t.Errorf("the resumed training says %d times that it uses micro-batches", remarks)
	}
	for name, v := range want {
		if !slices.Equal(v, got[name]) || !slices.Equal(v, elsewhere[name]) {
			t.Fatalf("%s differs", name)
		}
	}
}

// TestACheckpointKeepsItsMicroBatch where less memory is left than at the
// start: batch statistics would change on the way.
func TestACheckpointKeepsItsMicroBatch(t *testing.T) {
	s := smallStore(t, 40, 96)
	short := shortMemory(t, largeTask(t, s))
	task := largeTask(t, s)
	task.Config.Epochs, task.Memory = 1, func() (int64, bool) { return 1 << 40, true }
	if err := Fit(context.Background(), task); err != nil {
		t.Fatal(err)
	}
	task.Memory = short
	if err := Fit(context.Background(), task); fault.KindOf(err) != fault.Program || !strings.Contains(fault.HintOf(err), "micro-batches of 24 alone") {
		t.Errorf("error %v; %s", err, fault.HintOf(err))
	}
}

func TestShortMemoryCanFailOrBeIgnored(t *testing.T) {
	s := smallStore(t, 40, 96)
	short := shortMemory(t, largeTask(t, s))
	task := largeTask(t, s)
	task.Memory, task.Config.ShortMemory = short, "fail"
	if _, err := newTrainer(&task); fault.KindOf(err) != fault.Program || !strings.Contains(fault.HintOf(err), "short_memory: adapt") {
		t.Errorf("fail: %v", err)
	}
	task.Config.ShortMemory = "ignore"
	tr, err := newTrainer(&task)
	if err != nil {
		t.Fatal(err)
	}
	tr.close()
	if task.Config.Accumulate != 1 {
		t.Errorf("ignore: %d micro-batches", task.Config.Accumulate)
	}
}
