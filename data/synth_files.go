package data

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"
	"strconv"
)

// synthQuality is the JPEG quality of the pictures.
const synthQuality = 92

// synthPicture draws one picture and writes it.
func synthPicture(dir string, c SynthConfig, row synthRow) error {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, synthDraw(c, row), &jpeg.Options{Quality: synthQuality}); err != nil {
		return fmt.Errorf("data: synth: encode %s.jpg: %w", row.Name, err)
	}
	split := "train"
	if row.Test {
		split = "test"
	}
	return synthWrite(filepath.Join(dir, "jpeg", split, row.Name+".jpg"), buf.Bytes())
}

// synthTables writes train.csv and test.csv with the columns of ISIC 2020.
func synthTables(dir string, rows []synthRow) error {
	head := []string{"image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge"}
	train := [][]string{append(head[:len(head):len(head)], "diagnosis", "benign_malignant", "target")}
	test := [][]string{head}
	for _, r := range rows {
		age := ""
		if r.Age >= 0 {
			age = strconv.Itoa(r.Age)
		}
		record := []string{r.Name, fmt.Sprintf("SP_%06d", r.Patient), r.Sex, age, r.Site}
		switch {
		case r.Test:
			test = append(test, record)
		case r.Diagnosis == "melanoma":
			train = append(train, append(record, r.Diagnosis, "malignant", "1"))
		default:
			train = append(train, append(record, r.Diagnosis, "benign", "0"))
		}
	}
	if err := synthTable(filepath.Join(dir, "train.csv"), train); err != nil {
		return err
	}
	return synthTable(filepath.Join(dir, "test.csv"), test)
}

func synthTable(path string, records [][]string) error {
	var buf bytes.Buffer
	if err := csv.NewWriter(&buf).WriteAll(records); err != nil {
		return fmt.Errorf("data: synth: write %s: %w", filepath.Base(path), err)
	}
	return synthWrite(path, buf.Bytes())
}

// synthWrite gives the file its content at once. The temporary name is the
// same every time, so a call after an interrupted one leaves none behind.
func synthWrite(path string, content []byte) error {
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, content, 0o666); err != nil {
		os.Remove(temporary)
		return synthWriteError(err)
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return synthWriteError(err)
	}
	return nil
}
