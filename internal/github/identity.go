package github

import (
	"context"
	"net/http"
	"strings"
)

// actionsBot is whom GITHUB_TOKEN writes as. Nobody but a workflow of the same
// repository can.
const actionsBot = "github-actions[bot]"

// mine tells whether a comment's author is us. Most of the time that takes no
// request: an installation's token (ghs_, see
// https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/)
// in a workflow is that of github-actions[bot].
func (s *sticky) mine(ctx context.Context, login string) (bool, error) {
	app := strings.HasPrefix(s.token, "ghs_")
	if login == actionsBot && app {
		return true, nil
	}
	if s.me == "" {
		me, err := s.whoAmI(ctx)
		if err != nil {
			return false, err
		}
		s.me = me
	}
	return strings.EqualFold(login, s.me), nil
}

// whoAmI gives the login that the token writes as, asking for no permission: a
// person's token is told by GET /user, which refuses those of apps (403). For
// them GraphQL's viewer answers, as NAME[bot]
// (https://github.com/actions/github-script/issues/39). Where neither does, we
// take ourselves for github-actions[bot].
func (s *sticky) whoAmI(ctx context.Context) (string, error) {
	if !strings.HasPrefix(s.token, "ghs_") {
		user, _, err := s.api.Users.Get(ctx, "")
		if err == nil {
			return user.GetLogin(), nil
		}
		if code := status(err); code != http.StatusForbidden && code != http.StatusNotFound {
			return "", s.fail(s.what, err)
		}
	}
	req, err := s.api.NewRequest(http.MethodPost, s.graphql, map[string]string{"query": "query{viewer{login}}"})
	if err != nil {
		return "", s.fail(s.what, err)
	}
	var answer struct {
		Data struct {
			Viewer struct {
				Login string `json:"login"`
			} `json:"viewer"`
		} `json:"data"`
	}
	if _, err := s.api.Do(ctx, req, &answer); err != nil {
		if ctx.Err() != nil {
			return "", s.fail(s.what, err)
		}
		return actionsBot, nil
	}
	if answer.Data.Viewer.Login == "" {
		return actionsBot, nil
	}
	return answer.Data.Viewer.Login, nil
}
