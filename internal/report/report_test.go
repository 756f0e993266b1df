package report

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"melanoma/internal/metrics"
)

// TestPreview leaves the page in the folder that MELANOMA_REPORT_PREVIEW
// names, for looking at it in a browser.
func TestPreview(t *testing.T) {
	dir := os.Getenv("MELANOMA_REPORT_PREVIEW")
	if dir == "" {
		t.Skip("needs MELANOMA_REPORT_PREVIEW=FOLDER")
	}
	if err := Write(filepath.Join(dir, "index.html"), usual.input(t)); err != nil {
		t.Fatal(err)
	}
}

func render(t *testing.T, in Input) string {
	t.Helper()
	var buf bytes.Buffer
	if err := Render(&buf, in); err != nil {
		t.Fatal(err)
	}
	checkPage(t, buf.String())
	return buf.String()
}

var (
	element  = regexp.MustCompile(`<(/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*?)(/?)>`)
	idAttr   = regexp.MustCompile(`\sid="([^"]*)"`)
	linkAttr = regexp.MustCompile(`\shref="([^"]*)"`)
	srcAttr  = regexp.MustCompile(`\ssrc="([^"]{0,30})`)
)

// checkPage holds what is true of every page: elements nest, ids are unique,
// links lead somewhere on the page, nothing is loaded, pictures and plots
// have a text, and no number is printed as NaN or Inf.
func checkPage(t *testing.T, page string) {
	t.Helper()
	void := map[string]bool{"meta": true, "img": true}
	var open []string
	ids := map[string]bool{}
	for _, m := range element.FindAllStringSubmatch(page, -1) {
		name, attrs := m[2], m[3]
		switch {
		case m[1] == "/":
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("</%s> closes %v", name, open)
			}
			open = open[:len(open)-1]
			continue
		case !void[name] && m[4] == "":
			open = append(open, name)
		}
		if id := idAttr.FindStringSubmatch(attrs); id != nil {
			if ids[id[1]] {
				t.Errorf("id %q stands twice", id[1])
			}
			ids[id[1]] = true
		}
		if name == "img" && !strings.Contains(attrs, `alt="`) {
			t.Errorf("picture without a text: %.80s", attrs)
		}
		if name == "svg" && !strings.Contains(attrs, `role="img" aria-label="`) {
			t.Errorf("plot without a text: %s", attrs)
		}
		if name == "script" || name == "link" || name == "iframe" || name == "object" {
			t.Errorf("the page holds <%s>", name)
		}
	}
	if len(open) > 0 {
		t.Errorf("left open: %v", open)
	}
	for _, l := range linkAttr.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(l[1], "#") || !ids[l[1][1:]] {
			t.Errorf("link %q leads nowhere", l[1])
		}
	}
	for _, s := range srcAttr.FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(s[1], "data:image/") {
			t.Errorf("source %q is not inside of the page", s[1])
		}
	}
	for _, bad := range []string{"http://", "https://", "url(", "@import", "ZgotmplZ", "NaN", "+Inf", "-Inf", "#01", "<!-- "} {
		if strings.Contains(page, bad) {
			at := strings.Index(page, bad)
			t.Errorf("the page holds %q: ...%s...", bad, page[max(0, at-60):min(len(page), at+60)])
		}
	}
	if !strings.Contains(page, "Not a medical device") {
		t.Error("the page does not say that it is no medical device")
	}
}

func TestUsualPageHasEverything(t *testing.T) {
	page := render(t, usual.input(t))
	for _, want := range []string{"ROC curve", "Precision and recall", "Reliability", "Confusion matrix", "Loss", "Learning rate", "Inner validation",
		"Referral", "Error by uncertainty", "Uncertainty of right and wrong", "Most wrong", "Most uncertain", "Ensembles", "0.0015 over probability mean",
		"Sensitivity at 90% specificity", "AUC of each fold", "learning_rate: 0.001", "Glossary", "Resampling whole groups instead gives",
		"data:image/jpeg;base64,"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if n := strings.Count(page, "<svg "); n != 2*11 {
		t.Errorf("%d plots, want 11 for each of two models", n)
	}
	if kib := len(page) / 1024; kib > 600 {
		t.Errorf("the page has %d KiB", kib)
	}
}

func TestSameInputGivesSameBytes(t *testing.T) {
	first := render(t, usual.input(t))
	in := usual.input(t)
	for i := range in.Models {
		rows := in.Models[i].Rows
		for a, b := 0, len(rows)-1; a < b; a, b = a+1, b-1 {
			rows[a], rows[b] = rows[b], rows[a]
		}
	}
	if second := render(t, in); second != first {
		t.Error("the page depends on the order of the rows or on the run")
	}
}

func TestFoldTableIsThatOfMetrics(t *testing.T) {
	in := usual.input(t)
	page := render(t, in)
	for fold := -1; fold < usual.folds; fold++ {
		var score []float64
		var positive []bool
		pos := 0
		for _, r := range in.Models[0].Rows {
			if fold < 0 || r.Fold == fold {
				score, positive = append(score, float64(r.Prob[0])), append(positive, r.Target == 0)
				if r.Target == 0 {
					pos++
				}
			}
		}
		name := fmt.Sprint(fold)
		if fold < 0 {
			name = "all"
		}
		iv, err := metrics.DeLong(score, positive, 0.95)
		ap, apErr := metrics.AveragePrecision(score, positive)
		loss, _, lossErr := metrics.LogLoss(score, positive)
		brier, brierErr := metrics.Brier(score, positive)
		if err := errors.Join(err, apErr, lossErr, brierErr); err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf(`<th scope="row">%s</th><td>%.3f</td><td>%.3f to %.3f</td><td>%s</td><td>%d</td><td>%.3f</td><td>%.3f</td><td>%.3f</td>`,
			name, iv.Value, iv.Low, iv.High, thousands(len(score)), pos, ap, loss, brier)
		if !strings.Contains(page, row) {
			t.Errorf("the page lacks the row %s", row)
		}
		cells := ""
		for _, spec := range []float64{0.9, 0.95} {
			o, _ := metrics.SensitivityAtSpecificity(score, positive, spec)
			cells += fmt.Sprintf("<td>%.3f</td>", o.Sensitivity)
		}
		for _, sens := range []float64{0.9, 0.95} {
			o, _ := metrics.SpecificityAtSensitivity(score, positive, sens)
			cells += fmt.Sprintf("<td>%.3f</td>", o.Specificity)
		}
		if !strings.Contains(page, name+"</th>"+cells) {
			t.Errorf("the page lacks fold %s with %s", name, cells)
		}
	}
}

func TestEveryTextIsEscaped(t *testing.T) {
	in := usual.input(t)
	evil := `</style><script>alert("x")</script><b a='`
	in.Title, in.Summary, in.Config = evil, evil, evil
	in.Facts, in.Notes, in.Warnings = []Fact{{evil, evil}}, []string{evil}, []string{evil}
	in.Classes = []string{evil, "nevus", "日本語 🩺"}
	in.Models[0].Name, in.Models[0].Note = evil, evil
	in.Blend.Methods[0].Name, in.Blend.Methods[0].Note = evil, evil
	in.Blend.Final = evil
	for _, m := range in.Models {
		m.Rows[0].ImageName = evil
	}
	for _, m := range in.Blend.Methods {
		m.Scores[0].ImageName = evil
	}
	in.Models[0].Rows[0].MutualInformation = 9 // into the gallery
	in.Thumbnail = func(string) ([]byte, error) { return nil, errors.New(evil) }
	page := render(t, in)
	if strings.Contains(page, "<script") || strings.Contains(page, `<b a`) || strings.Count(page, "</style>") != 1 {
		t.Error("a text of the input became part of the page's structure")
	}
}

func TestThumbnailKeepsMeanColourAndBounds(t *testing.T) {
	for _, size := range [][3]int{{200, 100, 64}, {3, 500, 64}, {10, 10, 64}, {65, 64, 64}} {
		pix := bytes.Repeat([]byte{200, 120, 40}, size[0]*size[1])
		data, err := EncodeThumbnail(pix, size[0], size[1], size[2])
		if err != nil || !bytes.HasPrefix(data, []byte("\xff\xd8\xff")) {
			t.Errorf("%v: %v", size, err)
		}
	}
	if _, err := EncodeThumbnail(make([]uint8, 5), 1, 1, 64); err == nil {
		t.Error("five bytes passed as one pixel")
	}
	if got := blockMean([]uint8{10, 0, 0, 13, 0, 0}, 2, 0, 0, 2, 0, 1); got != 12 {
		t.Errorf("mean of 10 and 13 is %d, want 12 (rounded half up)", got)
	}
}

func TestWilsonAgainstPublishedValues(t *testing.T) {
	// Newcombe 1998, table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
	for _, c := range []struct {
		hits, trials int
		low, high    float64
	}{{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}} {
		low, high := wilson(c.hits, c.trials)
		if math.Abs(low-c.low) > 5e-5 || math.Abs(high-c.high) > 5e-5 {
			t.Errorf("%d of %d: %.4f to %.4f, want %.4f to %.4f", c.hits, c.trials, low, high, c.low, c.high)
		}
	}
	if low, high := wilson(0, 0); low != 0 || high != 1 {
		t.Errorf("no trial: %v to %v", low, high)
	}
}

func TestVerdictFollowsTheInterval(t *testing.T) {
	for _, c := range []struct {
		iv       metrics.Interval
		pos, neg int
		want     string
	}{
		{metrics.Interval{Value: 0.9, Low: 0.88, High: 0.915}, 500, 9000, "500 images of mel and is narrow: another sample of this size would rarely move it by more than 0.02"},
		{metrics.Interval{Value: 0.9, Low: 0.86, High: 0.93}, 90, 900, "could well move it by 0.04"},
		{metrics.Interval{Value: 0.8, Low: 0.7, High: 0.88}, 60, 900, "rests on only 60 images of mel and its interval is wide (0.18"},
		{metrics.Interval{Value: 0.99, Low: 0.95, High: 1}, 8, 52, "too few to trust"},
		{metrics.Interval{Value: 0.7, Low: 0.4, High: 0.9}, 52, 1, "with 1 image of other classes this run does not show"},
		{metrics.Interval{Value: 0.2, Low: 0.1, High: 0.3}, 52, 52, "the wrong way round"},
	} {
		if got := verdict(c.iv, c.pos, c.neg, "mel"); !strings.Contains(got, c.want) {
			t.Errorf("%v with %d and %d: %q lacks %q", c.iv, c.pos, c.neg, got, c.want)
		}
	}
}

func TestWriteLeavesTheOldPageOnError(t *testing.T) {
	path := filepath.Join(t.TempDir(), "index.html")
	if err := Write(path, usual.input(t)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := usual.input(t)
	bad.Models[0].Rows[3].Prob = nil
	if err := Write(path, bad); err == nil || !strings.Contains(err.Error(), "row 3") {
		t.Errorf("a row without probabilities: %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the page changed: %v", err)
	}
}
