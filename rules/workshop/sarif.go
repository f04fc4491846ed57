package workshop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
)

// Where the house is read by people: the page on these checks, and the pages of codes
// by their first letter.
const (
	houseAt = "https://github.com/comity-project/comity/blob/main/"
	pageAt  = houseAt + "docs/format/ruleset-workshop.md"
)

var helpAt = map[byte]string{'E': houseAt + "rules/help/", 'W': houseAt + "rules/workshop/help/", 'A': houseAt + "rules/analysis/help/"}

// addressOf is where the page of a code is read.
func addressOf(code string) string {
	if code != "" && helpAt[code[0]] != "" {
		return helpAt[code[0]] + code + ".md"
	}
	return pageAt
}

// What is written of SARIF 2.1.0.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name           string      `json:"name"`
		InformationURI string      `json:"informationUri"`
		Version        string      `json:"version,omitempty"`
		Rules          []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
		FullDescription  sarifMessage `json:"fullDescription"`
		HelpURI          string       `json:"helpUri"`
		Help             sarifHelp    `json:"help"`
		Configuration    sarifLevel   `json:"defaultConfiguration"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLevel struct {
		Level Severity `json:"level"`
	}
	sarifResult struct {
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        Severity          `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		Physical sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		Artifact sarifFile   `json:"artifactLocation"`
		Region   sarifRegion `json:"region"`
	}
	sarifFile struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int           `json:"startLine"`
		StartColumn int           `json:"startColumn"`
		Snippet     *sarifMessage `json:"snippet,omitempty"`
	}
)

// sarif writes one run. What a finding is about is told by its fingerprint, which
// does not change when lines above it come or go.
func (r *Report) sarif(w io.Writer) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "comity rules " + r.Check, InformationURI: pageAt, Version: r.Version, Rules: []sarifRule{}}
	var codes []string
	for _, f := range r.Findings {
		if !slices.Contains(codes, f.Code) {
			codes = append(codes, f.Code)
		}
	}
	slices.Sort(codes)
	for _, code := range codes {
		rule := sarifRule{ID: code, HelpURI: addressOf(code), ShortDescription: sarifMessage{code}, FullDescription: sarifMessage{code}}
		rule.Help = sarifHelp{Text: "comity rules help " + code, Markdown: "`comity rules help " + code + "`"}
		if p, found := r.page(code); found {
			rule.ShortDescription.Text, rule.FullDescription.Text = p.Title, p.About
			rule.Help = sarifHelp{Text: p.About + "\n\n" + p.Why, Markdown: p.String()}
		}
		i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == code })
		rule.Configuration.Level = r.Findings[i].Severity
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
	}
	seen := map[string]int{}
	for _, f := range r.Findings {
		place := sarifPlace{Artifact: sarifFile{uriOf(f.File)}, Region: sarifRegion{StartLine: f.Line, StartColumn: f.Column}}
		if f.Source != "" {
			place.Region.Snippet = &sarifMessage{f.Source}
		}
		about := strings.Join([]string{f.File, f.Code, f.Message, strings.TrimSpace(f.Source)}, "\n")
		seen[about]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%d", about, seen[about]))
		run.Results = append(run.Results, sarifResult{
			RuleID: f.Code, RuleIndex: slices.Index(codes, f.Code), Level: f.Severity, Message: sarifMessage{f.text()},
			Locations: []sarifLocation{{place}}, Fingerprints: map[string]string{"comity/v1": hex.EncodeToString(sum[:16])},
		})
	}
	return encode(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

// uriOf writes a path as a relative reference.
func uriOf(path string) string {
	parts := strings.Split(path, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	if strings.Contains(parts[0], ":") {
		return "./" + strings.Join(parts, "/") // or it would be a scheme
	}
	return strings.Join(parts, "/")
}
