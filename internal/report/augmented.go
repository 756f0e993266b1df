package report

import "fmt"

// Augmented is one training image as its first epochs saw it.
type Augmented struct {
	// ImageName and Label, its class, stand above the pictures.
	ImageName, Label string
	// Stored is the picture as the run keeps it, a PNG or JPEG like those of
	// Thumbnail.
	Stored []byte
	// Views has one picture an epoch, in their order.
	Views []AugmentedView
}

// AugmentedView is what one epoch drew for an image.
type AugmentedView struct {
	// Epoch is counted from 0.
	Epoch int
	// Picture is a PNG or JPEG.
	Picture []byte
	// Drew lists the transforms with their parameters, in the order in which
	// they ran; empty where nothing was changed.
	Drew []Fact
}

// augmentedGalleries shows each image as a row of pictures.
func augmentedGalleries(list []Augmented) []gallery {
	var out []gallery
	for _, a := range list {
		g := gallery{Title: a.ImageName + ", labelled " + a.Label, Stacked: true}
		stored := picture{Name: "as stored", Alt: "Image " + a.ImageName + " as the run keeps it"}
		stored.Src, stored.Missing = dataURI(a.Stored)
		g.Pictures = append(g.Pictures, stored)
		for _, v := range a.Views {
			p := picture{Name: fmt.Sprintf("epoch %d", v.Epoch+1), Lines: v.Drew, Alt: fmt.Sprintf("Image %s as epoch %d of the training saw it", a.ImageName, v.Epoch+1)}
			if len(v.Drew) == 0 {
				p.Lines = []Fact{{"nothing drawn", ""}}
			}
			p.Src, p.Missing = dataURI(v.Picture)
			g.Pictures = append(g.Pictures, p)
		}
		out = append(out, g)
	}
	return out
}
