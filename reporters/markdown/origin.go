package markdown

import (
	"strings"

	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// warnings writes what a reader must know before believing the verdict, as
// alerts (https://docs.github.com/get-started/writing-on-github, "Alerts"). As
// plain text and in e-mail they read as a quotation.
func warnings(p present.Provenance) string {
	var b strings.Builder
	if p.SelfReported != "" {
		b.WriteString("\n> [!IMPORTANT]\n> **Self-reported.** " + p.SelfReported + "\n")
	}
	if p.Weaker {
		b.WriteString("\n> [!WARNING]\n> **" + p.Changed + ":** " + changes(p) + ".\n")
	}
	return b.String()
}

func changes(p present.Provenance) string {
	var out []string
	for i, c := range p.Changes {
		if i == maxChanges {
			out = append(out, "and "+present.Number(len(p.Changes)-i)+" more")
			break
		}
		out = append(out, prose(c, lineLimit))
	}
	return strings.Join(out, "; ")
}

// origin writes where the results come from and with what they were compared.
func origin(p present.Provenance, whole string) string {
	var facts []string
	if whole != "" {
		facts = append(facts, link("Whole report", whole))
	}
	if run := link(prose(p.Run.Text, nameLimit), p.Run.URL); run != "" {
		facts = append(facts, run)
	}
	if p.Commit != "" {
		facts = append(facts, "commit "+code(p.Commit, nameLimit))
	}
	if baseline := link(prose(p.Compared.Text, nameLimit), p.Compared.URL); baseline != "" {
		facts = append(facts, "compared with "+baseline)
	}
	var b strings.Builder
	if len(facts) > 0 {
		b.WriteString("\n" + strings.Join(facts, " · ") + "\n")
	}
	if p.NoBaseline != "" {
		b.WriteString("\n" + prose(p.NoBaseline, fieldLimit) + "\n")
	}
	if !p.Weaker && len(p.Changes) > 0 {
		b.WriteString("\n" + p.Changed + ": " + changes(p) + ".\n")
	}
	return b.String()
}
