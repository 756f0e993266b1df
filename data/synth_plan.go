package data

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"melanoma/internal/rng"
)

// synthKind is what a lesion is, as opposed to what its label says.
type synthKind int

const (
	synthNevus synthKind = iota
	synthKeratosis
	synthMelanoma
)

// synthRow is one picture of the plan.
type synthRow struct {
	Name      string
	Patient   int
	Test      bool
	Sex       string  // "male", "female" or "" for missing
	Age       int     // multiple of 5; -1 for missing
	Site      string  // "" for missing
	Tone      float64 // skin tone of the patient, 0 light to 1 dark
	Kind      synthKind
	Diagnosis string // label: melanoma, nevus, seborrheic keratosis or unknown
}

// Sites and their frequencies follow the training list of ISIC 2020 roughly.
var (
	synthSites   = []string{"torso", "lower extremity", "upper extremity", "head/neck", "palms/soles", "oral/genital", ""}
	synthSiteCDF = []float64{0.51, 0.76, 0.91, 0.965, 0.976, 0.98, 1}
)

// synthPlan lays out patients, lesions and labels. Melanomas are spread over
// the pictures at random, an exact number in the training and in the test
// list.
func synthPlan(c SynthConfig) []synthRow {
	rows := synthPatients(c)
	for _, test := range []bool{false, true} {
		var members []int
		for i, r := range rows {
			if r.Test == test {
				members = append(members, i)
			}
		}
		synthDiagnose(rows, members, c)
	}
	return rows
}

// synthPatients draws patients with their lesions until there are enough
// pictures, then moves randomly chosen patients to the test list.
func synthPatients(c SynthConfig) []synthRow {
	var rows []synthRow
	var order []int // patients in random order
	for patient := 0; len(rows) < c.Images; patient++ {
		r := rng.New(rng.Key(c.Seed, "synth patient", patient))
		base := synthRow{Patient: patient, Sex: "male", Age: 5 * int(math.Round(min(max(50+15*r.NormFloat64(), 10), 90)/5)), Tone: math.Pow(r.Float64(), 1.6)}
		if r.Float64() < 0.48 {
			base.Sex = "female"
		}
		if r.Float64() < 0.01 {
			base.Sex, base.Age = "", -1
		}
		lesions := 1 + int(r.ExpFloat64()*(c.LesionsPerPatient-1)+0.5)
		for range min(lesions, c.Images-len(rows)) {
			row := base
			row.Name = synthName(len(rows))
			row.Site = synthSite(r)
			rows = append(rows, row)
		}
		order = append(order, patient)
	}
	synthHoldOut(rows, order, c)
	return rows
}

func synthHoldOut(rows []synthRow, patients []int, c SynthConfig) {
	synthSortByKey(patients, rng.Key(c.Seed, "synth test"))
	count := make([]int, len(patients))
	for _, r := range rows {
		count[r.Patient]++
	}
	room := int(math.Round(c.TestFraction * float64(c.Images)))
	test := make([]bool, len(patients))
	for _, p := range patients {
		if count[p] <= room {
			room -= count[p]
			test[p] = true
		}
	}
	for i := range rows {
		rows[i].Test = test[rows[i].Patient]
	}
}

func synthSite(r *rand.Rand) string {
	u := r.Float64()
	for i, p := range synthSiteCDF {
		if u < p {
			return synthSites[i]
		}
	}
	return ""
}

// synthDiagnose makes the configured share of the members melanomas and gives
// all of them labels, of which some change places.
func synthDiagnose(rows []synthRow, members []int, c SynthConfig) {
	order := slices.Clone(members)
	synthSortByKey(order, rng.Key(c.Seed, "synth diagnosis"))
	melanomas := int(math.Round(c.Prevalence * float64(len(order))))
	if c.Prevalence > 0 && len(order) > 0 {
		melanomas = max(1, melanomas)
	}
	for rank, i := range order {
		r := rng.New(rng.Key(c.Seed, "synth label", i))
		benign := "nevus"
		switch u := r.Float64(); {
		case rank < melanomas:
			rows[i].Kind = synthMelanoma
		case u < 0.2:
			rows[i].Kind, benign = synthKeratosis, "seborrheic keratosis"
		}
		if r.Float64() < 0.3 {
			benign = "unknown"
		}
		rows[i].Diagnosis = benign
		if rank < melanomas {
			rows[i].Diagnosis = "melanoma"
		}
	}
	swaps := min(int(math.Round(c.LabelNoise*float64(melanomas))), len(order)-melanomas)
	for k := range swaps {
		a, b := order[k], order[len(order)-1-k]
		rows[a].Diagnosis, rows[b].Diagnosis = rows[b].Diagnosis, rows[a].Diagnosis
	}
}

// synthSortByKey puts ids into the random order of the key.
func synthSortByKey(ids []int, key uint64) {
	slices.SortFunc(ids, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(rng.Uniform(key, uint64(a)), rng.Uniform(key, uint64(b))),
			cmp.Compare(a, b))
	})
}
