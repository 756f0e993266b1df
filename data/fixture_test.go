package data

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
)

// writeCSV writes records to a file.
func writeCSV(t testing.TB, path string, records [][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(records); err != nil {
		t.Fatal(err)
	}
	writeBytes(t, path, b.Bytes())
}

func writeBytes(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// picture draws a picture that differs for every number and is not symmetric.
func picture(number, width, height int) *image.RGBA {
	im := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			im.Set(x, y, color.RGBA{uint8(255 * x / width), uint8(200 * y / height), uint8(37 * number), 255})
		}
	}
	return im
}

func jpegBytes(t testing.TB, im image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, im, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fixture writes a small data set in the Kaggle layout, with n training and n/3 test
// images, and returns its configuration. Patients have three images each.
func fixture(t testing.TB, n int) Config {
	t.Helper()
	root := t.TempDir()
	diagnoses := []string{"nevus", "unknown", "melanoma", "nevus"}
	train := [][]string{{"image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge", "diagnosis", "target"}}
	test := [][]string{{"image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge"}}
	for i := range n {
		d := diagnoses[i%4]
		target := "0"
		if d == "melanoma" {
			target = "1"
		}
		row := []string{fmt.Sprintf("IM_%03d", i), fmt.Sprintf("P%02d", i/3), []string{"male", "female", ""}[i%3], fmt.Sprint(20 + i%60), []string{"torso", "", "head/neck"}[i%3], d, target}
		if i%5 == 4 {
			row[3] = ""
		}
		train = append(train, row)
		writeBytes(t, filepath.Join(root, "jpeg/train", row[0]+".jpg"), jpegBytes(t, picture(i, 40, 30)))
	}
	for i := range n / 3 {
		name := fmt.Sprintf("TEST_%03d", n-i) // not in the order of the names
		test = append(test, []string{name, fmt.Sprintf("T%02d", i/2), "female", "50", "torso"})
		writeBytes(t, filepath.Join(root, "jpeg/test", name+".jpg"), jpegBytes(t, picture(1000+i, 30, 40)))
	}
	writeCSV(t, filepath.Join(root, "train.csv"), train)
	writeCSV(t, filepath.Join(root, "test.csv"), test)
	c := Default()
	c.Root, c.Size = root, 16
	return c
}

func open(t testing.TB, dir string, cache int64) *Store {
	t.Helper()
	s, err := OpenStore(dir, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}
