package report

import (
	"math"
	"strings"
	"testing"
)

// TestPagesOfLittleData renders what small or broken-off runs give and looks
// for the sentence that says what is missing.
func TestPagesOfLittleData(t *testing.T) {
	cases := []struct {
		name   string
		change func(in *Input)
		want   []string
	}{
		{"no model", func(in *Input) { in.Models, in.Blend = nil, nil }, []string{"nothing to report"}},
		{"no rows", func(in *Input) { in.Models, in.Blend = []Model{{Name: "empty"}}, nil }, []string{"nothing to report", "No training history"}},
		{"no labels", func(in *Input) { each(in, func(r *Row) { r.Target = -1 }); in.Blend = nil }, []string{"nothing to report"}},
		{"one fold", func(in *Input) { keep(in, func(r Row) bool { return r.Fold == 0 }) }, []string{"One fold was run"}},
		{"no positives in one fold", func(in *Input) {
			each(in, func(r *Row) {
				if r.Fold == 2 {
					r.Target = 1
				}
			})
		}, []string{"images of one side only", "<td>–</td><td>–</td>"}},
		{"no positives at all", func(in *Input) { each(in, func(r *Row) { r.Target = 1 }) }, []string{"nothing can be ranked"}},
		{"only positives", func(in *Input) { each(in, func(r *Row) { r.Target = 0 }) }, []string{"nothing can be ranked"}},
		{"one positive", func(in *Input) {
			keep(in, func(r Row) bool { return r.Target != 0 || r.ImageName == firstPositive(in) })
		},
			[]string{"0.000 to 1.000", "does not show that the model does better than chance"}},
		{"two images", func(in *Input) { n := 0; keep(in, func(Row) bool { n++; return n <= 2 }) }, []string{"Classes"}},
		{"no positive class", func(in *Input) { in.Positive, in.Blend = -1, nil }, []string{"name no positive class", "Out-of-fold accuracy"}},
		{"one member", func(in *Input) { in.Models[0].Members = 1 }, []string{"One member only"}},
		{"no uncertainty", func(in *Input) {
			each(in, func(r *Row) {
				nan := math.NaN()
				r.PredictiveEntropy, r.ExpectedEntropy, r.MutualInformation, r.ViewVariance = nan, nan, nan, nan
			})
		}, []string{"no uncertainty columns"}},
		{"certain and right", func(in *Input) {
			each(in, func(r *Row) {
				clear(r.Prob)
				r.Prob[r.Target] = 1
				r.PredictiveEntropy, r.ExpectedEntropy, r.MutualInformation, r.ViewVariance = 0, 0, 0, 0
			})
		}, []string{"cannot be compared between right and wrong", "1.000"}},
		{"the wrong way round", func(in *Input) {
			each(in, func(r *Row) { r.Prob[0], r.Prob[1], r.Prob[2] = 1-r.Prob[0], r.Prob[0], 0 })
			in.Blend = nil
		}, []string{"ranks the wrong way round"}},
		{"equal probabilities", func(in *Input) {
			each(in, func(r *Row) { r.Prob[0], r.Prob[1], r.Prob[2] = 0.25, 0.5, 0.25 })
		}, []string{"0.500"}},
		{"no history", func(in *Input) { in.Models[0].History = nil }, []string{"No training history"}},
		{"one epoch, nothing measured", func(in *Input) {
			in.Models[0].History = []Epoch{{TrainLoss: math.NaN(), LearningRate: math.NaN(), InnerLoss: math.NaN(), InnerAUC: math.NaN()}}
		}, []string{"Learning rate"}},
		{"a diverged loss", func(in *Input) { in.Models[0].History[2].TrainLoss = math.Inf(1) }, []string{"Learning rate"}},
		{"no pictures", func(in *Input) { in.Thumbnail = nil }, []string{"no picture given"}},
		{"an augmented view of another kind", func(in *Input) { in.Augmented[0].Views[0].Picture = []byte("<svg/>") }, []string{"What training saw", "neither PNG nor JPEG"}},
		{"a picture of another kind", func(in *Input) { in.Thumbnail = func(string) ([]byte, error) { return []byte("<svg/>"), nil } }, []string{"neither PNG nor JPEG"}},
		{"no groups", func(in *Input) { each(in, func(r *Row) { r.Group = "" }) }, []string{"another clinic"}},
		{"a test set", func(in *Input) { in.Test = []float64{0, 0.1, 0.9, 1} }, []string{"test set"}},
		{"one model", func(in *Input) { in.Models, in.Blend = in.Models[:1], nil }, []string{"model lite0"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			small := usual
			small.images = 300
			in := small.input(t)
			in.Bootstrap = nil
			c.change(&in)
			page := render(t, in)
			for _, want := range c.want {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
		})
	}
}

func each(in *Input, change func(r *Row)) {
	for m := range in.Models {
		for i := range in.Models[m].Rows {
			change(&in.Models[m].Rows[i])
		}
	}
}

// keep leaves only some rows of the first model and no other model.
func keep(in *Input, belongs func(r Row) bool) {
	var rows []Row
	for _, r := range in.Models[0].Rows {
		if belongs(r) {
			rows = append(rows, r)
		}
	}
	in.Models[0].Rows = rows
	in.Models, in.Blend = in.Models[:1], nil
}

func firstPositive(in *Input) string {
	for _, r := range in.Models[0].Rows {
		if r.Target == 0 {
			return r.ImageName
		}
	}
	return ""
}

func TestContradictionsAreErrors(t *testing.T) {
	cases := []struct {
		name   string
		change func(in *Input)
		want   string
	}{
		{"positive class", func(in *Input) { in.Positive = 3 }, "positive class 3 of 3"},
		{"model twice", func(in *Input) { in.Models[1].Name = "lite0" }, `"lite0" stands twice`},
		{"image twice", func(in *Input) { in.Models[1].Rows[4].ImageName = in.Models[1].Rows[2].ImageName }, `model "b0", row 4`},
		{"classes", func(in *Input) { in.Models[0].Rows[1].Prob = []float32{1} }, "1 probabilities for 3 classes"},
		{"probability", func(in *Input) { in.Models[0].Rows[1].Prob[2] = float32(math.NaN()) }, "probability NaN of class 2"},
		{"target", func(in *Input) { in.Models[0].Rows[1].Target = 3 }, "target 3 of 3"},
		{"uncertainty", func(in *Input) { in.Models[0].Rows[1].ViewVariance = math.Inf(1) }, "infinite"},
		{"labels differ", func(in *Input) { in.Models[1].Rows[0].Target = (in.Models[1].Rows[0].Target + 1) % 3 }, "another model has"},
		{"blend of a stranger", func(in *Input) { in.Blend.Methods[0].Scores[0].ImageName = "ISIC_X" }, `"ISIC_X" stands in no model's rows`},
		{"blend twice", func(in *Input) { in.Blend.Methods[0].Scores[1] = in.Blend.Methods[0].Scores[0] }, "stands twice"},
		{"blend without score", func(in *Input) { in.Blend.Methods[1].Scores[0].Value = math.NaN() }, "has no score"},
		{"final", func(in *Input) { in.Blend.Final = "magic" }, `"magic" is not among`},
		{"test", func(in *Input) { in.Test = []float64{2} }, "test image 0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			small := usual
			small.images = 60
			in := small.input(t)
			c.change(&in)
			err := Render(new(strings.Builder), in)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "report: ") {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}
