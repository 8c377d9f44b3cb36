// Command veraxcheck verifies Verax's notes, logs and receipts with the Go project's own packages
// sumdb/note and sumdb/tlog: an implementation that shares nothing with Verax.
//
//	veraxcheck note    KEYFILE NOTE            a signed note
//	veraxcheck log     KEYFILE DIR             a log folder: checkpoint, every tile, every entry
//	veraxcheck grew    KEYFILE OLD DIR         the log in DIR begins with the tree of checkpoint OLD
//	veraxcheck proof   KEYFILE PROOF LEAFHASH  a .tlog-proof file for a leaf hash in hex
//	veraxcheck receipt KEYFILE RECEIPT         a receipt's record in its log
//
// KEYFILE holds verifier keys, one a line. Exit status: 0 verified, 3 refused, 2 bad usage.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8

func main() {
	commands := map[string]struct {
		arguments int
		run       func(keys []note.Verifier, arguments []string) (string, error)
	}{
		"note":    {1, checkNote},
		"log":     {1, checkLog},
		"grew":    {2, checkGrowth},
		"proof":   {2, checkProof},
		"receipt": {1, checkReceipt},
	}
	if len(os.Args) < 3 || len(os.Args)-3 != commands[os.Args[1]].arguments || commands[os.Args[1]].run == nil {
		fmt.Fprintln(os.Stderr, "usage: veraxcheck note|log|grew|proof|receipt KEYFILE ...")
		os.Exit(2)
	}
	keys, err := readKeys(os.Args[2])
	if err == nil {
		var said string
		if said, err = commands[os.Args[1]].run(keys, os.Args[3:]); err == nil {
			fmt.Println("verified:", said)
			return
		}
	}
	fmt.Fprintln(os.Stderr, "refused:", err)
	os.Exit(3)
}

func readKeys(path string) ([]note.Verifier, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var keys []note.Verifier
	for _, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		key, err := note.NewVerifier(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func checkNote(keys []note.Verifier, arguments []string) (string, error) {
	data, err := os.ReadFile(arguments[0])
	if err != nil {
		return "", err
	}
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("note signed by %s", opened.Sigs[0].Name), nil
}

func checkLog(keys []note.Verifier, arguments []string) (string, error) {
	folder := arguments[0]
	origin, tree, err := openFolder(keys, folder)
	if err != nil {
		return "", err
	}
	reader := tlog.TileHashReader(tree, tiles{folder})
	for first := int64(0); first < tree.N; first += 1 << tileHeight {
		if err := checkBundle(folder, reader, tree, first); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("log %s, %d entries, root %s", origin, tree.N, tree.Hash), nil
}

// checkBundle compares one bundle of entries with the leaf hashes, which the reader has checked against the root.
func checkBundle(folder string, reader tlog.HashReader, tree tlog.Tree, first int64) error {
	width := min(tree.N-first, 1<<tileHeight)
	path := "tile/entries/" + numberPath(first>>tileHeight, int(width))
	data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(path)))
	if err != nil {
		return err
	}
	indexes := make([]int64, width)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, hash := range hashes {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return fmt.Errorf("%s: cut off after %d entries", path, i)
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		if tlog.RecordHash(data[2:end]) != hash {
			return fmt.Errorf("%s: entry %d is not the leaf in the tree", path, first+int64(i))
		}
		data = data[end:]
	}
	if len(data) != 0 {
		return fmt.Errorf("%s: more than %d entries", path, width)
	}
	return nil
}

func checkGrowth(keys []note.Verifier, arguments []string) (string, error) {
	data, err := os.ReadFile(arguments[0])
	if err != nil {
		return "", err
	}
	oldOrigin, old, err := openCheckpoint(keys, data)
	if err != nil {
		return "", err
	}
	origin, tree, err := openFolder(keys, arguments[1])
	if err != nil {
		return "", err
	}
	if origin != oldOrigin || old.N > tree.N {
		return "", errors.New("the old checkpoint is of another log, or newer")
	}
	proof, err := tlog.ProveTree(tree.N, old.N, tlog.TileHashReader(tree, tiles{arguments[1]}))
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return "", err
	}
	return fmt.Sprintf("log %s grew from %d to %d", origin, old.N, tree.N), nil
}

func checkProof(keys []note.Verifier, arguments []string) (string, error) {
	data, err := os.ReadFile(arguments[0])
	if err != nil {
		return "", err
	}
	raw, err := hex.DecodeString(arguments[1])
	if err != nil || len(raw) != tlog.HashSize {
		return "", errors.New("the leaf hash is not 64 hex digits")
	}
	var leaf tlog.Hash
	copy(leaf[:], raw)
	return proves(keys, string(data), leaf, "")
}

func checkReceipt(keys []note.Verifier, arguments []string) (string, error) {
	data, err := os.ReadFile(arguments[0])
	if err != nil {
		return "", err
	}
	var receipt struct {
		Record json.RawMessage `json:"record"`
		Proof  string          `json:"proof"`
	}
	if err := json.Unmarshal(data, &receipt); err != nil {
		return "", err
	}
	var record struct {
		Log string `json:"log"`
	}
	if err := json.Unmarshal(receipt.Record, &record); err != nil {
		return "", err
	}
	// RawMessage keeps the bytes as they stand in the file, and those are what was hashed.
	entry := sha256.Sum256(append([]byte("verax/record/v1\n"), receipt.Record...))
	return proves(keys, receipt.Proof, tlog.RecordHash(entry[:]), record.Log)
}

// proves checks a tlog-proof for a leaf; origin is the log it must be of, empty for any.
func proves(keys []note.Verifier, proof string, leaf tlog.Hash, origin string) (string, error) {
	head, checkpoint, found := strings.Cut(proof, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", errors.New("not a tlog-proof")
	}
	index, err := parseNumber(strings.TrimPrefix(lines[1], "index "))
	if err != nil {
		return "", err
	}
	path := tlog.RecordProof{}
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", err
		}
		path = append(path, hash)
	}
	signed, tree, err := openCheckpoint(keys, []byte(checkpoint))
	if err != nil {
		return "", err
	}
	if origin != "" && signed != origin {
		return "", fmt.Errorf("the checkpoint is of %s", signed)
	}
	if index >= tree.N {
		return "", errors.New("the index is outside of the tree")
	}
	if err := tlog.CheckRecord(path, tree.N, tree.Hash, index, leaf); err != nil {
		return "", err
	}
	return fmt.Sprintf("leaf %d of %d in log %s", index, tree.N, signed), nil
}

func openFolder(keys []note.Verifier, folder string) (string, tlog.Tree, error) {
	data, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return "", tlog.Tree{}, err
	}
	return openCheckpoint(keys, data)
}

// openCheckpoint verifies a checkpoint by a key whose name is its origin.
func openCheckpoint(keys []note.Verifier, data []byte) (string, tlog.Tree, error) {
	var tree tlog.Tree
	opened, err := note.Open(data, note.VerifierList(keys...))
	if err != nil {
		return "", tree, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || opened.Sigs[0].Name != lines[0] {
		return "", tree, errors.New("the checkpoint is not signed by the log it names")
	}
	if tree.N, err = parseNumber(lines[1]); err != nil {
		return "", tree, err
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return "", tree, errors.New("the checkpoint's root is malformed")
	}
	copy(tree.Hash[:], root)
	return lines[0], tree, nil
}

func parseNumber(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != text {
		return 0, errors.New("a size or index is malformed")
	}
	return number, nil
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

// numberPath writes a tile's number the way both layouts share.
func numberPath(number int64, width int) string {
	path := tlog.Tile{H: tileHeight, L: 0, N: number, W: width}.Path()
	return strings.TrimPrefix(path, fmt.Sprintf("tile/%d/0/", tileHeight))
}

// tiles reads tlog-tiles files; Go's own layout has the height as one more path element.
type tiles struct {
	folder string
}

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var result [][]byte
	for _, tile := range wanted {
		path := fmt.Sprintf("tile/%d/%s", tile.L, numberPath(tile.N, tile.W))
		data, err := os.ReadFile(filepath.Join(t.folder, filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		result = append(result, data)
	}
	return result, nil
}

// SaveTiles is part of the interface; the files are there already.
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
