package main

import (
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"path/filepath"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"melanoma/augment"
	"melanoma/internal/artifact"
	"melanoma/internal/rng"
	"melanoma/pipeline"
)

type augmentPreviewOptions struct {
	runFlags
	preset, out         string
	views, size, source int
}

// largestSheet bounds the pixels of a contact sheet.
const largestSheet = 200_000_000

func (a *app) runAugmentPreview(o augmentPreviewOptions, paths []string) error {
	if o.views < 1 || o.size < 48 || o.source < 8 || o.source > augment.LargestSide || len(paths)*(o.views+1)*o.size > largestSheet/(2*o.size) {
		return usage("--views 5 --size 256 --source 512", "%d pictures with %d views of %d pixels from %d make no sheet", len(paths), o.views, o.size, o.source)
	}
	config, err := a.loadConfig(o.runFlags)
	if err != nil {
		return err
	}
	recipe := config.Augment
	if o.preset != "" {
		recipe = augment.Config{Preset: o.preset, Mode: augment.ModeFast}
	}
	augmenter, err := augment.NewAugmenter(recipe, o.size)
	if err != nil {
		return usage(adviceOf(err), "%w", err)
	}
	if a.dry("write %s with %d pictures", o.out, len(paths)) {
		return nil
	}
	var rows []*image.NRGBA
	for _, path := range paths {
		im, err := readPicture(path)
		if err != nil {
			return err
		}
		im = augment.Resize(im, o.source, o.source)
		tiles := []tile{{picture: augment.Resize(im, o.size, o.size), lines: []string{filepath.Base(path)}}}
		for view := range o.views {
			record := augmenter.Draw(rng.Key(config.Seed, "preview", filepath.Base(path), view), im.Width, im.Height)
			tiles = append(tiles, tile{picture: record.Image(im), lines: describe(record)})
		}
		rows = append(rows, tileRow(tiles, o.size))
	}
	sheet := stack(rows)
	if err := artifact.WriteFile(o.out, func(w io.Writer) error { return png.Encode(w, sheet) }); err != nil {
		return err
	}
	a.printf("%s: %d pictures, each as it is and in %d views\n", o.out, len(paths), o.views)
	return nil
}

// adviceOf is the hint of a recipe that is wrong.
func adviceOf(err error) string {
	var wrong *augment.ConfigError
	if errors.As(err, &wrong) {
		return wrong.Hint()
	}
	return ""
}

// describe is what a view drew, a line a transform; the resizing that every
// view ends with is left out.
func describe(record augment.Draw) []string {
	var lines []string
	for _, op := range record.Ops {
		if op.Name() != "resize" {
			lines = append(lines, augment.Describe(op))
		}
	}
	if lines == nil {
		lines = []string{"nothing"}
	}
	return lines
}

// tile is a picture and what stands below it.
type tile struct {
	picture augment.Image
	lines   []string
}

// Measures of a sheet, in pixels.
const (
	gap        = 6
	lineHeight = 13
	glyphWidth = 7
)

// tileRow draws tiles of one size side by side on white.
func tileRow(tiles []tile, size int) *image.NRGBA {
	most := 0
	for i := range tiles {
		tiles[i].lines = wrap(tiles[i].lines, size/glyphWidth)
		most = max(most, len(tiles[i].lines))
	}
	row := image.NewNRGBA(image.Rect(0, 0, gap+len(tiles)*(size+gap), gap+size+gap+most*lineHeight+gap))
	draw.Draw(row, row.Rect, image.White, image.Point{}, draw.Src)
	for i, t := range tiles {
		x := gap + i*(size+gap)
		draw.Draw(row, image.Rect(x, gap, x+size, gap+size), pipeline.ToRGBA(t.picture), image.Point{}, draw.Src)
		for j, line := range t.lines {
			pen := font.Drawer{Dst: row, Src: image.NewUniform(color.Gray{Y: 40}), Face: basicfont.Face7x13, Dot: fixed.P(x, gap+size+gap+j*lineHeight+basicfont.Face7x13.Ascent)}
			pen.DrawString(line)
		}
	}
	return row
}

// wrap breaks lines at spaces to at most width characters; what goes on is
// set in by two.
func wrap(lines []string, width int) []string {
	var out []string
	for _, line := range lines {
		now := ""
		for _, word := range strings.Fields(line) {
			if now != "" && len(now)+1+len(word) > width {
				out, now = append(out, now), " "
			}
			if now != "" {
				now += " "
			}
			now += word
		}
		out = append(out, now)
	}
	return out
}

// stack puts pictures of one width below each other.
func stack(rows []*image.NRGBA) *image.NRGBA {
	height := 0
	for _, row := range rows {
		height += row.Rect.Dy()
	}
	sheet := image.NewNRGBA(image.Rect(0, 0, rows[0].Rect.Dx(), height))
	y := 0
	for _, row := range rows {
		draw.Draw(sheet, row.Rect.Add(image.Pt(0, y)), row, image.Point{}, draw.Src)
		y += row.Rect.Dy()
	}
	return sheet
}
