package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"melanoma/pipeline"
)

// progress chooses how to tell what is going on: bars on a terminal, plain
// lines elsewhere, nothing with --quiet.
func (a *app) progress() (pipeline.Progress, func()) {
	if a.common.quiet {
		return pipeline.Silent{}, func() {}
	}
	if term.IsTerminal(int(a.stderr.Fd())) {
		bars := &barProgress{container: mpb.New(mpb.WithOutput(a.stderr), mpb.WithWidth(44), mpb.WithRefreshRate(150*time.Millisecond))}
		return bars, bars.container.Wait
	}
	return &lineProgress{out: a.stderr}, func() {}
}

// barProgress draws one mpb bar a task, with rate and time left.
type barProgress struct{ container *mpb.Progress }

type terminalBar struct {
	mu     sync.Mutex
	parent *barProgress
	bar    *mpb.Bar
	note   string
	start  time.Time
	first  int // units done when the bar appeared: a resumed task
	seen   bool
	done   int
	total  int
	unit   string
}

func (p *barProgress) Start(task, unit string, total int) pipeline.Bar {
	b := &terminalBar{parent: p, start: time.Now(), total: total, unit: unit}
	b.bar = p.container.AddBar(int64(total),
		mpb.BarRemoveOnComplete(),
		mpb.PrependDecorators(decor.Name(task, decor.WC{W: 28, C: decor.DindentRight})),
		mpb.AppendDecorators(decor.CountersNoUnit("%d/%d "), decor.Any(b.describe)))
	return b
}

func (p *barProgress) Say(line string) { fmt.Fprintln(p.container, line) }

// describe writes rate, time left and note beside the bar.
func (b *terminalBar) describe(decor.Statistics) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return pace(b.done-b.first, b.total-b.done, b.unit, time.Since(b.start)) + "  " + b.note
}

func (b *terminalBar) Set(done, total int) {
	b.mu.Lock()
	if !b.seen {
		b.seen, b.first = true, done
	}
	b.done, b.total = done, total
	b.mu.Unlock()
	b.bar.SetTotal(int64(total), false)
	b.bar.SetCurrent(int64(done))
}

func (b *terminalBar) Note(text string) {
	b.mu.Lock()
	b.note = text
	b.mu.Unlock()
}

func (b *terminalBar) Done(summary string) {
	b.bar.Abort(true)
	if summary != "" {
		b.parent.Say(summary)
	}
}

// lineProgress prints a plain line when a task starts, every few seconds, and
// when it ends.
type lineProgress struct {
	mu  sync.Mutex
	out *os.File
}

const lineEvery = 5 * time.Second

type lineBar struct {
	parent            *lineProgress
	task, unit, note  string
	start, last       time.Time
	first, done, seen int
}

func (p *lineProgress) Say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.out, line)
}

func (p *lineProgress) Start(task, unit string, total int) pipeline.Bar {
	now := time.Now()
	if total > 0 {
		p.Say(fmt.Sprintf("%s: %d %s", task, total, unit))
	} else {
		p.Say(task)
	}
	return &lineBar{parent: p, task: task, unit: unit, start: now, last: now}
}

func (b *lineBar) Set(done, total int) {
	b.parent.mu.Lock()
	if b.seen == 0 {
		b.first = done
	}
	b.seen++
	b.done = done
	late := time.Since(b.last) >= lineEvery
	if late {
		b.last = time.Now()
	}
	note := b.note
	b.parent.mu.Unlock()
	if late {
		b.parent.Say(fmt.Sprintf("%s: %d/%d %s, %s %s", b.task, done, total, b.unit, pace(done-b.first, total-done, b.unit, time.Since(b.start)), note))
	}
}

func (b *lineBar) Note(text string) {
	b.parent.mu.Lock()
	b.note = text
	b.parent.mu.Unlock()
}

func (b *lineBar) Done(summary string) {
	if summary != "" {
		b.parent.Say(summary)
	}
}

// pace is "12.3 images/s, 1m20s left".
func pace(done, left int, unit string, spent time.Duration) string {
	if done <= 0 || spent < 100*time.Millisecond {
		return ""
	}
	rate := float64(done) / spent.Seconds()
	eta := time.Duration(float64(left) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%.3g %s/s, %s left", rate, unit, eta)
}
