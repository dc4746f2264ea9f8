from django.urls import path

from . import regulation_views, views

app_name = "emergency"
urlpatterns = [
    path("", views.entrance, name="entrance"),
    path("tableau/", views.boards, name="boards"),
    path("tableau/<uuid:service_id>/", views.board, name="board"),
    path("tableau/<uuid:service_id>/mur/", views.wall, name="wall"),
    path("tableau/<uuid:service_id>/recus/", views.receive, name="receive"),
    path("arrivees/<uuid:arrival_id>/", views.arrival, name="arrival"),
    path("arrivees/<uuid:arrival_id>/confirmer/", views.confirm, name="confirm"),
    path("arrivees/<uuid:arrival_id>/vu/", views.acknowledge, name="acknowledge"),
    path("arrivees/<uuid:arrival_id>/arrivee/", views.arrived, name="arrived"),
    path("arrivees/<uuid:arrival_id>/transmis/", views.offload, name="offload"),
    path("regulation/", regulation_views.cases, name="cases"),
    path("regulation/nouveau/", regulation_views.new_case, name="new_case"),
    path("regulation/<uuid:case_id>/", regulation_views.case, name="case"),
    path("regulation/<uuid:case_id>/note/", regulation_views.add_note, name="add_note"),
    path("regulation/<uuid:case_id>/orienter/", regulation_views.orient, name="orient"),
    path("regulation/<uuid:case_id>/sur-place/", regulation_views.stay_home, name="stay_home"),
    path("regulation/<uuid:case_id>/achever/", regulation_views.finish, name="finish"),
    path("regulation/<uuid:case_id>/reprendre/", regulation_views.reopen, name="reopen"),
]
