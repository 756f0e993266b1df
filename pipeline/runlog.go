package pipeline

import (
	"encoding/json"
	"os"
	"time"
)

// log appends one event to DIR/log.jsonl. A log that cannot be written stops
// nothing: the files that matter say so themselves.
func (r *Run) log(event, task string, fields map[string]any) {
	line := map[string]any{"time": r.now().UTC().Format(time.RFC3339Nano), "event": event, "task": task, "pid": os.Getpid()}
	attributes := []any{"task", task}
	for _, k := range sortedKeys(fields) {
		line[k] = fields[k]
		attributes = append(attributes, k, fields[k])
	}
	r.options.Logger.Debug(event, attributes...)
	text, err := json.Marshal(line)
	if err != nil {
		return
	}
	file, err := os.OpenFile(r.path("log.jsonl"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return
	}
	defer file.Close()
	_, _ = file.Write(append(text, '\n'))
}
