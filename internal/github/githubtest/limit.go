package githubtest

import (
	"net/http"
	"strconv"
	"time"
)

const primaryMessage = "API rate limit exceeded. Check the X-RateLimit headers for when it resets."

// limit is what a token has left of its hour.
type limit struct {
	used  int
	reset time.Time
}

// spend counts a request against its token's hour and sets the headers that tell
// of it. The caller holds s.mu.
func (s *Server) spend(token Token, header http.Header) *refusal {
	now := s.options.Now()
	l := s.limits[token.User.Login]
	if l == nil || !now.Before(l.reset) {
		l = &limit{reset: now.Add(time.Hour)}
		s.limits[token.User.Login] = l
	}
	over := l.used >= token.Limit
	if !over {
		l.used++
	}
	header.Set("X-RateLimit-Limit", strconv.Itoa(token.Limit))
	header.Set("X-RateLimit-Used", strconv.Itoa(l.used))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(token.Limit-l.used))
	header.Set("X-RateLimit-Reset", strconv.FormatInt(l.reset.Unix(), 10))
	header.Set("X-RateLimit-Resource", "core")
	if over {
		return refuse(http.StatusForbidden, primaryMessage)
	}
	return nil
}
