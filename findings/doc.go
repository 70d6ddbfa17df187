// Package findings says why: it groups equal failures of all cells into causes,
// names the axis values on which each occurs, judges the run, and gives one
// Summary that every reporter renders.
//
// It is pure: the same Run, Options and clock give the same Summary.
//
// Explain, in explain.go, walks through the house in this order:
//
//   - What happened. settle.go doubts statuses that their contents do not bear out;
//     expect.go reads what is accepted; collect.go, job.go, retried.go, leftout.go,
//     baseless.go and swallowed.go make one occurrence of each failure in each cell.
//   - What is the same failure. normalise.go and title.go say what is compared;
//     group.go, objects.go, ownnames.go and variant.go tell failures apart or
//     together; surplus.go, alike.go, echo.go and consequence.go hang under one
//     failure what repeats it or follows from it.
//   - Where it occurs. outcome.go says what was asked in which cell; where.go finds the
//     conditions of what knows no chance, causes.go asks package cause about the
//     rest; rivals.go, plainer.go and reach.go see to what else it could be and which
//     cells would tell; space.go, bitset.go and condition.go are what they count with.
//   - What it is. consult.go and diagnose.go ask package diagnosis for class, blame and
//     lines, with what evidence.go keeps; lines.go, spoken.go and difference.go choose
//     what is quoted, and compare with the nearest passing cell; blame.go and kind.go.
//   - Since when. history.go, historyjson.go and shared.go see earlier runs from the
//     cells of this one; baseline.go and fisher.go judge; fixed.go and ran.go find what
//     is gone.
//   - What to say and do. spot.go, sentence.go and words.go make sentences;
//     reproduce.go, nearest.go, cost.go and followup.go say what to run next.
//   - What counts. notable.go weighs, gate.go and verdict.go judge; counts.go and
//     grid.go lay out; summary.go is what comes of it all.
package findings
