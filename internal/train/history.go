package train

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"melanoma/internal/artifact"
	"melanoma/internal/fault"
)

// HistoryFile is the name of the history in a training's folder.
const HistoryFile = "history.arrow"

// EpochRow is one epoch of a training's history.
type EpochRow struct {
	Epoch        int      `json:"epoch"` // 1-based
	Step         int      `json:"step"`  // steps done at its end
	LearningRate float64  `json:"learning_rate"`
	TrainLoss    float64  `json:"train_loss"`    // mean over steps
	GradientNorm float64  `json:"gradient_norm"` // mean over steps, before clipping
	WatchLoss    *float64 `json:"watch_loss"`    // of the watched rows; nil without early stopping
}

// ReadHistory reads a history file.
func ReadHistory(path string) ([]EpochRow, error) {
	t, err := artifact.Read(path, "history")
	if err != nil {
		return nil, err
	}
	epoch, err := t.Int32s("epoch")
	if err != nil {
		return nil, err
	}
	step, err := t.Int32s("step")
	if err != nil {
		return nil, err
	}
	var columns [4][]float64
	for i, name := range []string{"learning_rate", "train_loss", "gradient_norm", "watch_loss"} {
		if columns[i], err = t.Float64s(name); err != nil {
			return nil, err
		}
	}
	rows := make([]EpochRow, len(epoch))
	for i := range rows {
		rows[i] = EpochRow{Epoch: int(epoch[i]), Step: int(step[i]), LearningRate: columns[0][i], TrainLoss: columns[1][i], GradientNorm: columns[2][i]}
		if w := columns[3][i]; !math.IsNaN(w) {
			rows[i].WatchLoss = &w
		}
	}
	return rows, nil
}

// writeHistory writes history.arrow and history.csv.
func (tr *trainer) writeHistory() error {
	rows := tr.state.History
	epoch, step := make([]int32, len(rows)), make([]int32, len(rows))
	var c [4][]float64
	for i, r := range rows {
		epoch[i], step[i] = int32(r.Epoch), int32(r.Step)
		watch := math.NaN()
		if r.WatchLoss != nil {
			watch = *r.WatchLoss
		}
		for j, v := range []float64{r.LearningRate, r.TrainLoss, r.GradientNorm, watch} {
			c[j] = append(c[j], v)
		}
	}
	table := artifact.NewTable(tr.meta("history")).Int32("epoch", epoch).Int32("step", step).
		Float64("learning_rate", c[0]).Float64("train_loss", c[1]).Float64("gradient_norm", c[2]).Float64("watch_loss", c[3])
	if err := artifact.Write(filepath.Join(tr.task.Dir, HistoryFile), table); err != nil {
		return err
	}
	return artifact.WriteFile(filepath.Join(tr.task.Dir, "history.csv"), func(w io.Writer) error {
		if _, err := fmt.Fprintln(w, "epoch,step,learning_rate,train_loss,gradient_norm,watch_loss"); err != nil {
			return err
		}
		for _, r := range rows {
			watch := ""
			if r.WatchLoss != nil {
				watch = number(*r.WatchLoss)
			}
			if _, err := fmt.Fprintf(w, "%d,%d,%s,%s,%s,%s\n", r.Epoch, r.Step, number(r.LearningRate), number(r.TrainLoss), number(r.GradientNorm), watch); err != nil {
				return err
			}
		}
		return nil
	})
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// log writes an epoch to log.jsonl.
func (tr *trainer) log(row EpochRow, w waits) error {
	return tr.appendLog(struct {
		EpochRow
		Seconds float64 `json:"seconds"`        // since this process began to train
		Waited  float64 `json:"waited_seconds"` // that the epoch's steps waited for their batches
		Share   float64 `json:"waiting_share"`  // of the epoch's time
	}{row, tr.seconds(), milli(w.waited), milli(w.share())})
}

func milli(x float64) float64 { return math.Round(1000*x) / 1000 }

// seconds since this process began to train, to the millisecond.
func (tr *trainer) seconds() float64 { return milli(tr.now() - tr.started) }

// appendLog appends one line to log.jsonl, the only file with times.
func (tr *trainer) appendLog(entry any) error {
	path := filepath.Join(tr.task.Dir, "log.jsonl")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fault.New(fault.Program, "check the permissions of the run's folder and the free space", "train: open %s: %w", path, err)
	}
	line, err := json.Marshal(entry)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fault.New(fault.Program, "check the free space", "train: write %s: %w", path, err)
	}
	return nil
}
