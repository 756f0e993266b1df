package pipeline

import (
	"fmt"
	"slices"
	"strings"

	"melanoma/internal/train"
)

// A remark is what a task did otherwise than the configuration says, such as
// smaller micro-batches for want of memory. It is said aloud and stands in
// log.jsonl and run.json; one that changes results stands in the task's record
// and in the report too.

// remark passes on what a training remarks.
func (r *Run) remark(task string, a *attempt, all *[]string, m train.Remark) error {
	r.say("%s: %s", task, m.Text)
	r.log("remark", task, map[string]any{"text": m.Text, "changes_results": m.Results})
	if m.Results {
		a.remarks = append(a.remarks, m.Text)
	}
	*all = append(*all, m.Text)
	return r.manifestRemarks(task, *all)
}

// manifestRemarks brings a task's remarks in run.json up to date.
func (r *Run) manifestRemarks(task string, remarks []string) error {
	if m, err := ReadManifest(r.Dir); err == nil && slices.Equal(m.Remarks[task], remarks) {
		return nil
	}
	return r.updateManifest(func(m *Manifest) {
		if m.Remarks == nil {
			m.Remarks = map[string][]string{}
		}
		if m.Remarks[task] = remarks; len(remarks) == 0 {
			delete(m.Remarks, task)
		}
	})
}

// reportRemarks lists the remarks in the records of all trainings, each with
// the trainings that it is of.
func (r *Run) reportRemarks() ([]string, error) {
	var texts []string
	tasks := map[string][]string{}
	for _, m := range r.Config.Models {
		for _, fold := range r.folds() {
			rec, err := r.readRecord(foldTask("train", m.Name, fold))
			if err != nil {
				return nil, err
			}
			if rec == nil {
				continue
			}
			for _, text := range rec.Remarks {
				if tasks[text] == nil {
					texts = append(texts, text)
				}
				tasks[text] = append(tasks[text], fmt.Sprintf("%s fold %d", m.Name, fold))
			}
		}
	}
	for i, text := range texts {
		texts[i] = fmt.Sprintf("%s: %s.", strings.Join(tasks[text], ", "), text)
	}
	return texts, nil
}
