package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"slices"
)

// gallery is a row of pictures with what the model said of them.
type gallery struct {
	Title, Lead string
	Stacked     bool // a line's value stands below its name: both may be long
	Pictures    []picture
}

// picture is one image; Src is a data URI, or empty with Missing saying why.
type picture struct {
	Src     template.URL
	Missing string
	Alt     string
	Name    string
	Lines   []Fact
}

// shown is the number of pictures in a gallery.
const shown = 6

// galleries returns the most wrong and the most uncertain images.
func galleries(in *Input, m *Model, s *scored, all []measure) []gallery {
	var out []gallery
	add := func(title, lead string, at []int) {
		g := gallery{Title: title, Lead: lead}
		for _, i := range at[:min(shown, len(at))] {
			g.Pictures = append(g.Pictures, newPicture(in, m, s, i))
		}
		if len(g.Pictures) > 0 {
			out = append(out, g)
		}
	}
	if in.Positive >= 0 {
		class := in.Classes[in.Positive]
		add("Most wrong: "+class+" with a low probability", "Labelled "+class+", lowest probability of it first. Look here for misses, bad pictures and wrong labels.",
			ranked(s, func(i int) bool { return s.positive[i] }, func(i int) float64 { return s.score[i] }))
		add("Most wrong: other images with a high probability of "+class, "Highest first. These are the false alarms.",
			ranked(s, func(i int) bool { return !s.positive[i] }, func(i int) float64 { return -s.score[i] }))
	} else {
		add("Most wrong", "The labelled class had the lowest probability.",
			ranked(s, func(int) bool { return true }, func(i int) float64 { return s.prob[i*s.classes+int(s.target[i])] }))
	}
	if len(all) > 0 {
		u := all[0]
		for _, m := range all {
			if m.Name == "mutual information" {
				u = m
			}
		}
		add("Most uncertain", "Highest "+u.Name+" first.",
			ranked(s, func(int) bool { return true }, func(i int) float64 { return -u.Value[i] }))
	}
	return out
}

// ranked returns the rows that belong, by rising key; equal ones by name.
func ranked(s *scored, belongs func(i int) bool, key func(i int) float64) []int {
	var at []int
	for i := range s.rows {
		if belongs(i) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(key(a), key(b)) })
	return at
}

func newPicture(in *Input, m *Model, s *scored, i int) picture {
	r := s.rows[i]
	top := s.predicted(i)
	p := picture{Name: r.ImageName, Lines: []Fact{{"label", in.Classes[r.Target]}}}
	said := in.Classes[top]
	chance := s.prob[i*s.classes+top]
	if in.Positive >= 0 {
		said, chance = in.Classes[in.Positive], s.score[i]
		p.Lines = append(p.Lines, Fact{"P(" + said + ")", fmt.Sprintf("%.3f", chance)})
	}
	if in.Positive < 0 || s.classes > 2 {
		p.Lines = append(p.Lines, Fact{"top class", fmt.Sprintf("%s %.2f", in.Classes[top], s.prob[i*s.classes+top])})
	}
	p.Alt = fmt.Sprintf("Image %s, labelled %s, probability of %s %.3f", r.ImageName, in.Classes[r.Target], said, chance)
	p.Lines = append(p.Lines, Fact{"fold", fmt.Sprint(r.Fold)})
	if !math.IsNaN(r.PredictiveEntropy) {
		p.Lines = append(p.Lines, Fact{"entropy", fmt.Sprintf("%.3f", r.PredictiveEntropy)})
	}
	if m.Members >= 2 && !math.IsNaN(r.MutualInformation) {
		p.Lines = append(p.Lines, Fact{"mutual inf.", fmt.Sprintf("%.4f", r.MutualInformation)})
	}
	if !math.IsNaN(r.ViewVariance) {
		p.Lines = append(p.Lines, Fact{"view var.", fmt.Sprintf("%.4f", r.ViewVariance)})
	}
	p.Src, p.Missing = source(in, r.ImageName)
	return p
}

// source returns a picture as a data URI, or why there is none.
func source(in *Input, name string) (template.URL, string) {
	if in.Thumbnail == nil {
		return "", "no picture given"
	}
	data, err := in.Thumbnail(name)
	if err != nil {
		return "", err.Error()
	}
	return dataURI(data)
}

// dataURI is the address of a picture that the page carries in itself.
func dataURI(data []byte) (uri template.URL, missing string) {
	var kind string
	switch {
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		kind = "image/png"
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		kind = "image/jpeg"
	default:
		return "", "neither PNG nor JPEG"
	}
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)), ""
}
