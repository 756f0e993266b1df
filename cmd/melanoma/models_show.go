package main

import (
	"fmt"
	"strings"

	"melanoma/models"
)

func (a *app) runModelsList() error {
	var all []models.Summary
	for _, name := range models.List() {
		s, err := models.Describe(name, 0)
		if err != nil {
			return err
		}
		s.Layers = nil
		all = append(all, s)
	}
	if a.common.json {
		return a.printJSON(all)
	}
	a.printf("%-24s %7s %14s %10s\n", "", "pixels", "parameters", "GMACs")
	family := models.Family("")
	for _, s := range all {
		if s.Family != family {
			family = s.Family
			a.printf("%s\n", family)
		}
		a.printf("  %-22s %7d %13.2fM %10.3f\n", s.Name, s.Size, float64(s.Parameters)/1e6, float64(s.MACs)/1e9)
	}
	return nil
}

func (a *app) runModelsShow(o modelsOptions, name string) error {
	if o.plan {
		return a.runModelsPlan(o, name)
	}
	if o.train || o.batch != 1 {
		return usage("melanoma models show "+name+" --plan --train --batch 16", "--train and --batch are for --plan")
	}
	s, err := models.Describe(name, o.size)
	if err != nil {
		return err
	}
	if a.common.json {
		return a.printJSON(s)
	}
	a.tellLayers(s)
	a.tellSummary(s)
	return nil
}

// tellLayers prints a row for each layer, and their totals.
func (a *app) tellLayers(s models.Summary) {
	name := len("total")
	kinds := make([]string, len(s.Layers))
	kind := len("kind")
	for i, l := range s.Layers {
		kinds[i] = strings.TrimSpace(fmt.Sprintf("%s %s", l.Op, l.Window))
		name, kind = max(name, len(l.Name)), max(kind, len(kinds[i]))
	}
	row := func(first, second, shape, parameters, macs string) {
		line := fmt.Sprintf("%-*s  %-*s  %-15s %11s %14s", name, first, kind, second, shape, parameters, macs)
		a.printf("%s\n", strings.TrimRight(line, " "))
	}
	row("layer", "kind", "output", "parameters", "MACs")
	for i, l := range s.Layers {
		row(l.Name, kinds[i], strings.Trim(fmt.Sprint(l.Shape), "[]"), counted(int64(l.Parameters)), counted(l.MACs))
	}
	row("total", "", "", counted(int64(s.Parameters)), counted(s.MACs))
}

// counted is empty for nothing.
func counted(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func (a *app) tellSummary(s models.Summary) {
	a.printf("%s: %d layers, %d classes, %d features, %.2f M parameters, %.3f GFLOP an image at %d px\n", s.Name, len(s.Layers), s.Classes, s.Features,
		float64(s.Parameters)/1e6, float64(s.FLOPs)/1e9, s.Size)
	a.printf("input: (pixel/255 - mean) / std, mean %v, std %v\n", s.Mean, s.Std)
}
