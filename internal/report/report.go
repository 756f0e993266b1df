package report

import (
	"bytes"
	_ "embed" // the template and the style
	"fmt"
	"html/template"
	"io"

	"melanoma/internal/artifact"
)

//go:embed assets/page.html
var pageText string

//go:embed assets/style.css
var styleSheet string

// pageTemplate is the only template; it is parsed once and never changed.
var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template shows.
type page struct {
	Title, Summary  string
	Style           template.CSS
	Headline        headline
	Facts           []Fact
	Warnings, Notes []string
	Models, Blends  *table
	Chapters        []chapter
	Augmented       []gallery
	Config          string
	Glossary        []Fact
}

// Write writes the page of one run to path, atomically; the folder must be
// there. It returns an error
// for a contradictory input, which leaves what stood at path untouched.
func Write(path string, in Input) error {
	var buf bytes.Buffer
	if err := Render(&buf, in); err != nil {
		return err
	}
	return artifact.WriteFile(path, func(w io.Writer) error {
		_, err := w.Write(buf.Bytes())
		return err
	})
}

// Render writes the page's bytes to w.
func Render(w io.Writer, in Input) error {
	p, err := newPage(&in)
	if err != nil {
		return err
	}
	if err := pageTemplate.Execute(w, p); err != nil {
		return fmt.Errorf("report: write the page: %w", err)
	}
	return nil
}

func newPage(in *Input) (*page, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	p := &page{Title: in.Title, Summary: in.Summary, Style: template.CSS(styleSheet), Facts: in.Facts,
		Warnings: in.Warnings, Notes: in.Notes, Config: in.Config, Glossary: glossary, Augmented: augmentedGalleries(in.Augmented)}
	all := make([]*scored, len(in.Models))
	for i, m := range in.Models {
		all[i] = newScored(m.Rows, len(in.Classes), in.Positive)
	}
	blends, err := joinBlends(in)
	if err != nil {
		return nil, err
	}
	var first *scored
	if len(all) > 0 {
		first = all[0]
	}
	p.Headline = newHeadline(in, first, blends)
	if in.Positive >= 0 && len(all) > 1 {
		p.Models = modelTable(in, all)
	}
	if len(blends) > 0 {
		p.Blends = blendTable(in, all, blends)
	}
	for i, s := range all {
		c, err := newChapter(in, i, s)
		if err != nil {
			return nil, err
		}
		p.Chapters = append(p.Chapters, c)
	}
	return p, nil
}
