package pipeline

// Progress is where a run tells what it is doing; the command line draws bars
// or prints lines. Methods may be called from several goroutines.
type Progress interface {
	// Start opens a bar of total units ("images", "steps"); total 0 means
	// unknown.
	Start(task, unit string, total int) Bar
	// Say prints one line of news, such as a task that is skipped.
	Say(line string)
}

// Bar is the progress of one task.
type Bar interface {
	// Set tells how many units are done of how many.
	Set(done, total int)
	// Note shows a few words beside the bar, such as the current loss.
	Note(text string)
	// Done closes the bar; an empty summary leaves no line.
	Done(summary string)
}

// Silent is the Progress that says nothing.
type Silent struct{}

type silentBar struct{}

// Start returns a bar that draws nothing.
func (Silent) Start(string, string, int) Bar { return silentBar{} }

// Say drops the line.
func (Silent) Say(string) {}

func (silentBar) Set(int, int) {}
func (silentBar) Note(string)  {}
func (silentBar) Done(string)  {}
