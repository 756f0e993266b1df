package train

import (
	"fmt"

	"melanoma/internal/fault"
)

// Remark is something that a training does otherwise than its configuration
// says, and why.
type Remark struct {
	Text string
	// Results tells whether the results differ from those that the
	// configuration would have had.
	Results bool
}

// noteMemory remarks what had to be changed, and lets the checkpoint know.
func (tr *trainer) noteMemory(asked Config, left int64) {
	c := tr.task.Config
	if c.GradientCheckpointing != asked.GradientCheckpointing {
		tr.remarks = append(tr.remarks, Remark{Text: fmt.Sprintf(
			"%s of memory are left: activations are computed again in the backward pass (gradient_checkpointing), which takes longer and changes no result", gigabytes(left))})
	}
	if c.Accumulate != asked.Accumulate {
		tr.state.Accumulate = c.Accumulate
		tr.remarks = append(tr.remarks, Remark{Results: true, Text: fmt.Sprintf(
			"for want of memory the %d images of a step are computed in %d micro-batches of %d: batch statistics are of %d images", c.Batch, c.Accumulate, tr.loader.Batch, tr.loader.Batch)})
	}
}

// tellRemarks passes the remarks on and writes them to log.jsonl.
func (tr *trainer) tellRemarks() error {
	for _, r := range tr.remarks {
		if tr.task.Remark != nil {
			tr.task.Remark(r)
		}
		err := tr.appendLog(struct {
			Remark  string  `json:"remark"`
			Seconds float64 `json:"seconds"`
		}{r.Text, tr.seconds()})
		if err != nil {
			return err
		}
	}
	return nil
}

func (tr *trainer) tooLarge(need, left int64, asked Config, resumed bool) error {
	hint := "lower data.size, take a smaller architecture, or raise train.memory_gb if there is more"
	if !asked.GradientCheckpointing && asked.ShortMemory == "fail" {
		hint = "set train.gradient_checkpointing: true, train.accumulate, or train.short_memory: adapt, which chooses both; or " + hint
	}
	if resumed {
		hint += fmt.Sprintf("; the checkpoint in %s can go on in micro-batches of %d alone: without it the training starts anew", tr.task.Dir, tr.loader.Batch)
	}
	images := fmt.Sprintf("%d images", tr.loader.Batch)
	if tr.loader.Batch == 1 {
		images = "even one image"
	}
	return fault.New(fault.Program, hint, "train: training %s on %s of %d px at a time takes about %s of memory, %s are left",
		tr.net.Name, images, tr.net.InputSize, gigabytes(need), gigabytes(left))
}

func gigabytes(bytes int64) string { return fmt.Sprintf("%.2f GB", float64(max(0, bytes))/1e9) }
