package data

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"melanoma/internal/fault"
)

// Config says where a data set lies and how its CSV files are to be read.
type Config struct {
	Root       string `yaml:"root"`        // the folder that the other paths start from, unless they are absolute
	TrainCSV   string `yaml:"train_csv"`   // one row an image, with a header
	TestCSV    string `yaml:"test_csv"`    // empty: no test list
	Images     string `yaml:"images"`      // folder of the training images
	TestImages string `yaml:"test_images"` // folder of the test images
	Extension  string `yaml:"extension"`   // from image name to file name; empty where names have one

	Columns      ColumnMap         `yaml:"columns"`       // of the training CSV
	TestColumns  ColumnMap         `yaml:"test_columns"`  // of the test CSV; what is empty is as in columns, "-" says there is none
	DiagnosisMap map[string]string `yaml:"diagnosis_map"` // renames diagnoses, so that several become one class

	Positive string   `yaml:"positive"` // the class that the run is about; empty: none
	Classes  []string `yaml:"classes"`  // fixes the classes and their order; empty: the sorted diagnoses

	Size           int     `yaml:"size"`             // side of the stored pictures, in pixels
	Store          string  `yaml:"store"`            // pixels: pictures of that size, ready for use; files: the image files as they are, decoded whenever a picture is wanted
	OnBadImage     string  `yaml:"on_bad_image"`     // fail or skip
	OnGroupOverlap string  `yaml:"on_group_overlap"` // a group in train and in test: warn or fail
	Holdout        float64 `yaml:"holdout"`          // fraction of the groups' images held out as test set; 0: none

	License string `yaml:"license"` // of the data, such as CC-BY-NC-4.0, for the metadata of exported models; changes nothing else
}

// ColumnMap names the columns of a CSV file. An empty name, or "-", means
// that the file has no such column.
type ColumnMap struct {
	ImageName string `yaml:"image_name"`
	Group     string `yaml:"group"`     // patient or lesion
	Target    string `yaml:"target"`    // 0 or 1
	Diagnosis string `yaml:"diagnosis"` // the classes; without it they are benign and malignant, from target
	Sex       string `yaml:"sex"`
	Age       string `yaml:"age"` // years
	Site      string `yaml:"site"`
	Tfrecord  string `yaml:"tfrecord"` // Deotte's record number; may be absent although it is named
}

// The values of Store. Both give the same pictures.
const (
	StorePixels = "pixels"
	StoreFiles  = "files"
)

// The policies of OnBadImage and OnGroupOverlap.
const (
	Fail = "fail"
	Skip = "skip"
	Warn = "warn"
)

// Default returns the layout of the SIIM-ISIC 2020 challenge on Kaggle.
func Default() Config {
	return Config{
		Root: ".", TrainCSV: "train.csv", TestCSV: "test.csv", Images: "jpeg/train", TestImages: "jpeg/test", Extension: ".jpg",
		Columns: ColumnMap{
			ImageName: "image_name", Group: "patient_id", Target: "target", Diagnosis: "diagnosis",
			Sex: "sex", Age: "age_approx", Site: "anatom_site_general_challenge", Tfrecord: "tfrecord",
		},
		Positive: "melanoma", Size: 256, Store: StorePixels, OnBadImage: Fail, OnGroupOverlap: Warn,
	}
}

// Validate checks what can be known without the files.
func (c Config) Validate() error {
	switch {
	case c.Root == "":
		return wrong("root", "name the folder of the data set, or . for this one", "is empty")
	case c.TrainCSV == "":
		return wrong("train_csv", "name the CSV file of the training images", "is empty")
	case present(c.Columns.ImageName) == "":
		return wrong("columns.image_name", "name the column that identifies an image", "is empty")
	case present(c.Columns.Diagnosis) == "" && present(c.Columns.Target) == "":
		return wrong("columns.diagnosis", "name the column of the classes here, or that of 0 and 1 in data.columns.target", "and columns.target are both empty")
	case c.Size < 8 || c.Size > 4096:
		return wrong("size", "the side in pixels, such as 128 or 512", "is %d, not 8 to 4096", c.Size)
	case !(c.Holdout >= 0 && c.Holdout <= 0.9):
		return wrong("holdout", "a fraction such as 0.2, or 0 for none", "is %v, not 0 to 0.9", c.Holdout)
	case c.Holdout > 0 && c.TestCSV != "":
		return wrong("holdout", "set data.test_csv to \"\" for a held-out test set, or data.holdout to 0", "is %v although test_csv names a test set", c.Holdout)
	}
	if err := oneOf("store", c.Store, StorePixels, StoreFiles); err != nil {
		return err
	}
	if err := oneOf("on_bad_image", c.OnBadImage, Fail, Skip); err != nil {
		return err
	}
	if err := oneOf("on_group_overlap", c.OnGroupOverlap, Warn, Fail); err != nil {
		return err
	}
	return c.validateClasses()
}

func (c Config) validateClasses() error {
	for i, name := range c.Classes {
		if name == "" || slices.Contains(c.Classes[:i], name) {
			return wrong("classes", "each class once", "has %q as entry %d", name, i)
		}
	}
	if len(c.Classes) == 1 {
		return wrong("classes", "leave it empty for all diagnoses of the file", "has one entry")
	}
	if len(c.Classes) > 0 && c.Positive != "" && present(c.Columns.Diagnosis) != "" && !slices.Contains(c.Classes, c.Positive) {
		return wrong("positive", didYouMean(c.Positive, c.Classes), "is %q, which is not in classes", c.Positive)
	}
	return nil
}

// wrong is a usage fault about one key of the section data.
func wrong(key, hint, format string, args ...any) error {
	return fault.New(fault.Usage, hint, "data: %s %s", key, fmt.Sprintf(format, args...))
}

func oneOf(key, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return wrong(key, didYouMean(value, allowed), "is %q, not %s", value, strings.Join(allowed, " or "))
}

// present returns the name of a column, or "" if there is none.
func present(name string) string {
	if name == "-" {
		return ""
	}
	return name
}

// inherit fills the empty names of c from those of the training file.
func (c ColumnMap) inherit(from ColumnMap) ColumnMap {
	own, other := c.names(), from.names()
	for i := range own {
		if *own[i] == "" {
			*own[i] = *other[i]
		}
	}
	return c
}

func (c *ColumnMap) names() []*string {
	return []*string{&c.ImageName, &c.Group, &c.Target, &c.Diagnosis, &c.Sex, &c.Age, &c.Site, &c.Tfrecord}
}

// path resolves a path of the configuration.
func (c Config) path(p string) string {
	if filepath.IsAbs(p) {
		return filepath.Clean(p)
	}
	return filepath.Join(c.Root, p)
}

// fileName returns the name of an image's file within its folder.
func (c Config) fileName(image string) string {
	if c.Extension == "" || strings.HasPrefix(c.Extension, ".") {
		return image + c.Extension
	}
	return image + "." + c.Extension
}
