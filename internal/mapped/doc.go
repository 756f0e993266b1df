// Package mapped gives a file's content as memory, so that weights are used
// from where they lie.
//
// Data in: a path. Data out: the content, mapped on Unix and read elsewhere,
// and views of its bytes as numbers; half precision is widened.
//
// Terms: the mapping is private. A program may write to it; the file keeps
// its content.
//
// Ownership: views hold until [File.Close]. A file that is never closed stays
// mapped until the process ends; that costs addresses, not memory. A file
// that another process makes shorter meanwhile ends this one (SIGBUS), as
// with every mapping: our own writers replace files and never shorten them.
package mapped
